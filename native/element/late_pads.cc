#include "late_pads.h"

#include "bringers.h"
#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// An application may still be at it, in pad-added on another thread, when an element has said
/// no-more-pads. With more than one thread of its own rtspsrc says so while the first pad is being
/// linked.
constexpr guint64 kLinkingMs = 500;
/// Where all is linked, it may only be that another listener to no-more-pads links what else it
/// has.
constexpr guint64 kLinkedMs = 50;
/// And this much later, with no pad yet, nobody is.
constexpr guint64 kForgottenMs = 2'000;

void stop_listening(Sink& sink, GstElement* bringer) {
  g_signal_handlers_disconnect_by_data(bringer, sink.element);
  gst_object_unref(bringer);
}

void on_linking_over(GstElement* element) {
  Sink& sink = sink_of(element);
  const bool in_vain = sink.pad_wait.is_over() && sink.tracks.is_empty();
  if (in_vain && std::holds_alternative<AwaitingPads>(sink.stream.state())) post_unlinked(sink);
  tell_no_more_pads(sink);
}

/// On the element's streaming thread. The last of them to say so leaves nothing to wait for.
void on_no_more_pads(GstElement* bringer, gpointer element) {
  Sink& sink = sink_of(element);
  if (!sink.pad_wait.leave(bringer)) return;
  const bool is_linked = is_linked_through(bringer);
  const bool in_vain = sink.pad_wait.is_over() && sink.tracks.is_empty();
  stop_listening(sink, bringer);
  if (in_vain) {
    GST_ELEMENT_INFO(
        sink.element, CORE, PAD,
        ("%s adds no more pads, and none is linked to kvssink. Link an encoder, parser "
         "or demuxer to it.",
         GST_OBJECT_NAME(bringer)),
        (nullptr));
  }
  const guint64 delay_ms = in_vain ? kForgottenMs : is_linked ? kLinkedMs : kLinkingMs;
  sink.pad_wait.start_timer(sink.element, delay_ms, on_linking_over);
}

}  // namespace

void post_unlinked(Sink& sink) {
  GST_ELEMENT_ERROR(sink.element, LIBRARY, INIT,
                    ("Nothing is linked to kvssink. Link an encoder, parser or demuxer to it."),
                    ("Assertion failed: kvssink->content_type is unexpectedly NULL!"));
}

void await_pads(Sink& sink) {
  const std::vector<AwaitedElement> found = find_bringers(sink.element);
  sink.pad_wait.begin(found);
  for (const AwaitedElement& one : found) {
    g_signal_connect_object(one.element, "no-more-pads", G_CALLBACK(on_no_more_pads), sink.element,
                            static_cast<GConnectFlags>(0));
  }
}

bool await_first_pad(Sink& sink) {
  await_pads(sink);
  const std::string name = sink.pad_wait.first_name();
  if (name.empty()) return false;
  sink.stream.await_pads();
  GST_ELEMENT_INFO(sink.element, CORE, PAD,
                   ("Nothing is linked to kvssink yet; it waits for a pad of %s.", name.c_str()),
                   (nullptr));
  return true;
}

void tell_no_more_pads(Sink& sink) {
  const auto stream = sink.stream.current();
  if (stream == nullptr || !sink.pad_wait.release_core()) return;
  Control control{ElementMessage::kTrack};
  control.retain_key = "no-more-tracks";
  stream->bridge->push_control(control);
}

void stop_awaiting_pads(Sink& sink) {
  for (const AwaitedElement& one : sink.pad_wait.end()) stop_listening(sink, one.element);
}

}  // namespace kvs
