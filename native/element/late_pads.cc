// kvssink without a pad, beside elements whose pads come while they play (`parsebin ! kvssink`).
#include <algorithm>  // std::find
#include <utility>    // std::exchange

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

/// Referenced. Of the same bin only: a link into another needs a ghost pad, which has its target
/// before the pipeline starts.
std::vector<GstElement*> late_neighbours(Sink* sink) {
  GstObject* parent = gst_object_get_parent(GST_OBJECT(sink->element));
  std::vector<GstElement*> found;
  if (GST_IS_BIN(parent)) {
    GST_OBJECT_LOCK(parent);
    for (const GList* child = GST_BIN_CHILDREN(parent); child != nullptr; child = child->next) {
      auto* element = GST_ELEMENT(child->data);
      if (has_sometimes_source(element)) found.push_back(GST_ELEMENT(gst_object_ref(element)));
    }
    GST_OBJECT_UNLOCK(parent);
  }
  if (parent != nullptr) gst_object_unref(parent);
  return found;
}

void stop_listening(Sink* sink, GstElement* neighbour) {
  g_signal_handlers_disconnect_by_data(neighbour, sink->element);
  gst_object_unref(neighbour);
}

/// On the neighbour's streaming thread. The last of them to say so leaves nothing to wait for.
void on_no_more_pads(GstElement* neighbour, gpointer element) {
  Sink* sink = sink_of(element);
  bool in_vain;
  {
    std::lock_guard lock(sink->mutex);
    auto& awaited = sink->awaited;
    const auto found = std::find(awaited.begin(), awaited.end(), neighbour);
    if (found == awaited.end()) return;
    awaited.erase(found);
    in_vain = awaited.empty() && sink->tracks.empty();
  }
  stop_listening(sink, neighbour);
  if (in_vain) post_unlinked(sink);
}

}  // namespace

void post_unlinked(Sink* sink) {
  GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                    ("Nothing is linked to kvssink. Link an encoder, parser or demuxer to it."),
                    ("Assertion failed: kvssink->content_type is unexpectedly NULL!"));
}

bool await_pads(Sink* sink) {
  const std::vector<GstElement*> neighbours = late_neighbours(sink);
  if (neighbours.empty()) return false;
  const std::string name = GST_OBJECT_NAME(neighbours.front());
  {
    std::lock_guard lock(sink->mutex);
    sink->awaited = neighbours;
  }
  for (GstElement* neighbour : neighbours) {
    g_signal_connect_object(neighbour, "no-more-pads", G_CALLBACK(on_no_more_pads), sink->element,
                            static_cast<GConnectFlags>(0));
  }
  sink->opens_late = true;
  GST_ELEMENT_INFO(sink->element, CORE, PAD,
                   ("Nothing is linked to kvssink yet; it waits for a pad of %s.", name.c_str()),
                   (nullptr));
  return true;
}

void stop_awaiting_pads(Sink* sink) {
  std::vector<GstElement*> neighbours;
  {
    std::lock_guard lock(sink->mutex);
    neighbours = std::exchange(sink->awaited, {});
  }
  for (GstElement* neighbour : neighbours) stop_listening(sink, neighbour);
  sink->opens_late = false;
}

}  // namespace kvs
