#include "states.h"

#include "ending.h"
#include "late_pads.h"
#include "opening.h"
#include "structures.h"

namespace kvs {

namespace {

/// Upstream's check at NULL→READY: an error on the bus that says what to do.
bool names_stream(Sink& sink) {
  if (sink.settings.text(kStreamName).empty() && sink.settings.text(kStreamArn).empty()) {
    GST_ELEMENT_ERROR(sink.element, LIBRARY, INIT,
                      ("kvssink has no stream to send to. Set stream-name or stream-arn."),
                      ("Assertion failed: kvssink.stream_name is unexpectedly NULL!"));
    return false;
  }
  return true;
}

/// What bounds the wait for EOS must not need a thread when there is none to be had any more.
bool has_timers(Sink& sink) {
  if (prepare_timers()) return true;
  GST_ELEMENT_ERROR(sink.element, RESOURCE, NO_SPACE_LEFT,
                    ("kvssink cannot start a thread. Is the limit of processes and threads "
                     "(ulimit -u, or TasksMax of a service) reached?"),
                    ("the system clock has no thread for timers"));
  return false;
}

/// Without a pad yet, the stream is opened by the first buffer, when all pads are there.
bool open_now_or_later(Sink& sink) {
  if (!std::holds_alternative<Closed>(sink.stream.state())) return true;
  if (!sink.tracks.is_empty()) {
    await_pads(sink);
    return open_stream(sink);
  }
  if (await_first_pad(sink)) return true;
  post_unlinked(sink);
  return false;
}

bool prepare(Sink& sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      // The host starts here already: it needs a moment before it takes the first frame.
      return names_stream(sink) && has_sound_structures(sink) && has_timers(sink) &&
             open_now_or_later(sink);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return open_now_or_later(sink);
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      // A streaming thread that waits for room must let go before its pad can be deactivated.
      if (const auto stream = sink.stream.current()) stream->bridge->set_flushing(true);
      return true;
    default:
      return true;
  }
}

void complete(Sink& sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      drain_stream(sink);
      sink.eos.cancel();
      close_stream(sink);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      close_stream(sink);
      break;
    default:
      break;
  }
}

}  // namespace

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Sink& sink = sink_of(element);
  sink.rebasing = false;
  if (!prepare(sink, transition)) return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result = parent_class->change_state(element, transition);
  if (result != GST_STATE_CHANGE_FAILURE) {
    complete(sink, transition);
  } else if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    close_stream(sink);
  }
  return result;
}

}  // namespace kvs
