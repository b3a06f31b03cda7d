// Elements whose pads come while they play (rtspsrc, parsebin): kvssink starts without a pad beside
// them, and does not take its tracks for complete before they say that they bring no more.
#include <algorithm>  // std::any_of
#include <utility>    // std::exchange, std::swap

#include "sink.h"
#include "timer.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// An application may still be at it, in pad-added on another thread, when an element has said
/// no-more-pads. With more than one thread of its own rtspsrc says so while the first pad is being
/// linked.
constexpr guint64 kLinkingMs = 500;
/// And this much later, with no pad yet, nobody is.
constexpr guint64 kForgottenMs = 2'000;

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

/// Whether it has brought its pads, as far as can be told: it played before, or each of its source
/// pads comes with a sink pad (multiqueue), and it need not say no-more-pads any more.
bool has_its_pads(GstElement* element) {
  GST_OBJECT_LOCK(element);
  const bool all = element->numsrcpads > 0 && element->numsrcpads >= element->numsinkpads;
  GST_OBJECT_UNLOCK(element);
  return all;
}

/// References to the bin's children.
std::vector<GstElement*> children_of(GstBin* bin) {
  std::vector<GstElement*> children;
  GST_OBJECT_LOCK(bin);
  for (const GList* child = GST_BIN_CHILDREN(bin); child != nullptr; child = child->next) {
    children.push_back(GST_ELEMENT(gst_object_ref(child->data)));
  }
  GST_OBJECT_UNLOCK(bin);
  return children;
}

/// A bin that brings pads itself (uridecodebin) speaks for what is in it.
void find_bringers(GstBin* bin, std::vector<AwaitedElement>& found) {
  for (GstElement* child : children_of(bin)) {
    if (has_sometimes_source(child)) {
      found.push_back({child, has_its_pads(child)});
      continue;
    }
    if (GST_IS_BIN(child)) find_bringers(GST_BIN(child), found);
    gst_object_unref(child);
  }
}

/// Of the whole pipeline: what they bring may come through ghost pads.
std::vector<AwaitedElement> bringers(Sink* sink) {
  auto* top = static_cast<GstObject*>(gst_object_ref(sink->element));
  while (GstObject* parent = gst_object_get_parent(top)) {
    gst_object_unref(top);
    top = parent;
  }
  std::vector<AwaitedElement> found;
  if (GST_IS_BIN(top)) find_bringers(GST_BIN(top), found);
  gst_object_unref(top);
  return found;
}

void stop_listening(Sink* sink, GstElement* bringer) {
  g_signal_handlers_disconnect_by_data(bringer, sink->element);
  gst_object_unref(bringer);
}

/// Under the mutex.
bool is_more_awaited(const Sink* sink) {
  const auto& awaited = sink->awaited;
  return std::any_of(awaited.begin(), awaited.end(),
                     [](const AwaitedElement& one) { return !one.has_its_pads; });
}

void on_linking_over(GstElement* element) {
  Sink* sink = sink_of(element);
  bool in_vain;
  {
    std::lock_guard lock(sink->mutex);
    in_vain = sink->awaited.empty() && sink->tracks.empty();
  }
  if (in_vain && sink->opens_late) post_unlinked(sink);
  tell_no_more_pads(sink);
}

/// On the element's streaming thread. The last of them to say so leaves nothing to wait for.
void on_no_more_pads(GstElement* bringer, gpointer element) {
  Sink* sink = sink_of(element);
  bool in_vain;
  {
    std::lock_guard lock(sink->mutex);
    auto& awaited = sink->awaited;
    const auto found = std::find_if(awaited.begin(), awaited.end(), [&](const AwaitedElement& one) {
      return one.element == bringer;
    });
    if (found == awaited.end()) return;
    awaited.erase(found);
    in_vain = awaited.empty() && sink->tracks.empty();
  }
  stop_listening(sink, bringer);
  if (in_vain) {
    GST_ELEMENT_INFO(
        sink->element, CORE, PAD,
        ("%s brings no more pads, and none is linked to kvssink. Link an encoder, parser "
         "or demuxer to it.",
         GST_OBJECT_NAME(bringer)),
        (nullptr));
  }
  GstClockID timer =
      start_timer(sink->element, in_vain ? kForgottenMs : kLinkingMs, on_linking_over);
  {
    std::lock_guard lock(sink->mutex);
    std::swap(sink->linking_timer, timer);
  }
  stop_timer(timer);
}

}  // namespace

void post_unlinked(Sink* sink) {
  GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT,
                    ("Nothing is linked to kvssink. Link an encoder, parser or demuxer to it."),
                    ("Assertion failed: kvssink->content_type is unexpectedly NULL!"));
}

void await_pads(Sink* sink) {
  const std::vector<AwaitedElement> found = bringers(sink);
  {
    std::lock_guard lock(sink->mutex);
    sink->awaited = found;
  }
  for (const AwaitedElement& one : found) {
    g_signal_connect_object(one.element, "no-more-pads", G_CALLBACK(on_no_more_pads), sink->element,
                            static_cast<GConnectFlags>(0));
  }
}

bool await_first_pad(Sink* sink) {
  await_pads(sink);
  std::string name;
  {
    std::lock_guard lock(sink->mutex);
    if (sink->awaited.empty()) return false;
    name = GST_OBJECT_NAME(sink->awaited.front().element);
  }
  sink->opens_late = true;
  GST_ELEMENT_INFO(sink->element, CORE, PAD,
                   ("Nothing is linked to kvssink yet; it waits for a pad of %s.", name.c_str()),
                   (nullptr));
  return true;
}

guint pad_wait_ms(Sink* sink) {
  const guint wait_ms = uint_property(sink, kPadWaitTime);
  std::lock_guard lock(sink->mutex);
  sink->waits_for_pads = wait_ms > 0 && is_more_awaited(sink);
  return sink->waits_for_pads ? wait_ms : 0;
}

void tell_no_more_pads(Sink* sink) {
  std::lock_guard lock(sink->mutex);
  if (sink->bridge == nullptr || !sink->waits_for_pads || is_more_awaited(sink)) return;
  sink->waits_for_pads = false;
  Control control{ElementMessage::kTrack};
  control.retain_key = "no-more-tracks";
  sink->bridge->push_control(control);
}

void stop_awaiting_pads(Sink* sink) {
  std::vector<AwaitedElement> awaited;
  GstClockID timer;
  {
    std::lock_guard lock(sink->mutex);
    awaited = std::exchange(sink->awaited, {});
    timer = std::exchange(sink->linking_timer, nullptr);
    sink->waits_for_pads = false;
  }
  stop_timer(timer);
  for (const AwaitedElement& one : awaited) stop_listening(sink, one.element);
  sink->opens_late = false;
}

}  // namespace kvs
