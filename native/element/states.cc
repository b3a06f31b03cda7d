#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

bool has_sometimes_source(GstElement* element) {
  const GList* templates = gst_element_class_get_pad_template_list(GST_ELEMENT_GET_CLASS(element));
  for (; templates != nullptr; templates = templates->next) {
    auto* pad_template = GST_PAD_TEMPLATE(templates->data);
    if (GST_PAD_TEMPLATE_DIRECTION(pad_template) == GST_PAD_SRC &&
        GST_PAD_TEMPLATE_PRESENCE(pad_template) == GST_PAD_SOMETIMES) {
      return true;
    }
  }
  return false;
}

/// Name of an element beside kvssink whose pads come while it plays (`parsebin ! kvssink`), or "".
std::string late_neighbour(Sink* sink) {
  GstObject* parent = gst_object_get_parent(GST_OBJECT(sink->element));
  std::string name;
  if (GST_IS_BIN(parent)) {
    GST_OBJECT_LOCK(parent);
    for (const GList* child = GST_BIN_CHILDREN(parent); child != nullptr; child = child->next) {
      if (has_sometimes_source(GST_ELEMENT(child->data))) name = GST_OBJECT_NAME(child->data);
    }
    GST_OBJECT_UNLOCK(parent);
  }
  if (parent != nullptr) gst_object_unref(parent);
  return name;
}

bool is_unlinked(Sink* sink) {
  std::lock_guard lock(sink->mutex);
  return sink->tracks.empty();
}

/// Upstream's checks at NULL→READY: each failure is an error on the bus that says what to do.
bool check_settings(Sink* sink) {
  if (string_property(sink, kStreamName).empty() && string_property(sink, kStreamArn).empty()) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                      ("kvssink has no stream to send to. Set stream-name or stream-arn."),
                      ("Assertion failed: kvssink->stream_name is unexpectedly NULL!"));
    return false;
  }
  if (is_unlinked(sink) && late_neighbour(sink).empty()) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                      ("Nothing is linked to kvssink. Link an encoder or parser to it before the "
                       "pipeline starts."),
                      ("Assertion failed: kvssink->content_type is unexpectedly NULL!"));
    return false;
  }
  return true;
}

/// Without a pad yet, the stream is opened by the first buffer, when all pads are there.
bool open_now_or_later(Sink* sink) {
  if (bridge_of(sink) != nullptr) return true;
  if (!is_unlinked(sink)) return open_stream(sink);
  sink->opens_late = true;
  GST_ELEMENT_INFO(
      sink->element, CORE, PAD,
      ("Nothing is linked to kvssink yet; it waits for a pad of %s.", late_neighbour(sink).c_str()),
      (nullptr));
  return true;
}

bool prepare(Sink* sink, GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      // The host starts here already: it needs a moment before it takes the first frame.
      return check_settings(sink) && open_now_or_later(sink);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return sink->opens_late || open_now_or_later(sink);
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
