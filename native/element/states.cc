#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// Upstream's checks at NULL→READY: each failure is an error on the bus that says what to do.
bool check_settings(Sink* sink) {
  if (string_property(sink, kStreamName).empty() && string_property(sink, kStreamArn).empty()) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                      ("kvssink has no stream to send to. Set stream-name or stream-arn."),
                      ("Assertion failed: kvssink->stream_name is unexpectedly NULL!"));
    return false;
  }
  std::lock_guard lock(sink->mutex);
  if (sink->tracks.empty()) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                      ("Nothing is linked to kvssink. Link an encoder or parser to it before the "
                       "pipeline starts."),
                      ("Assertion failed: kvssink->content_type is unexpectedly NULL!"));
    return false;
  }
  return true;
}

bool has_stream(Sink* sink) {
  return bridge_of(sink) != nullptr;
}

bool prepare(Sink* sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      // The host starts here already: it needs a moment before it takes the first frame.
      return check_settings(sink) && open_stream(sink);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return has_stream(sink) || open_stream(sink);
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
