#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

bool is_unlinked(Sink* sink) {
  std::lock_guard lock(sink->mutex);
  return sink->tracks.empty();
}

/// Upstream's check at NULL→READY: an error on the bus that says what to do.
bool names_stream(Sink* sink) {
  if (string_property(sink, kStreamName).empty() && string_property(sink, kStreamArn).empty()) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                      ("kvssink has no stream to send to. Set stream-name or stream-arn."),
                      ("Assertion failed: kvssink->stream_name is unexpectedly NULL!"));
    return false;
  }
  return true;
}

/// Without a pad yet, the stream is opened by the first buffer, when all pads are there.
bool open_now_or_later(Sink* sink) {
  if (sink->opens_late || bridge_of(sink) != nullptr) return true;
  if (!is_unlinked(sink)) {
    await_pads(sink);
    return open_stream(sink);
  }
  if (await_first_pad(sink)) return true;
  post_unlinked(sink);
  return false;
}

bool prepare(Sink* sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      // The host starts here already: it needs a moment before it takes the first frame.
      return names_stream(sink) && has_sound_structures(sink) && open_now_or_later(sink);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return open_now_or_later(sink);
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      // A streaming thread that waits for room must let go before its pad can be deactivated.
      if (const auto bridge = bridge_of(sink)) bridge->set_flushing(true);
      return true;
    default:
      return true;
  }
}

void complete(Sink* sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      drain_stream(sink);
      cancel_eos(sink);
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

/// Never asynchronous: there is no preroll, and nothing waits for the network.
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Sink* sink = sink_of(element);
  sink->rebasing = false;
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
