#include "upstream.h"

#include "log.h"
#include "metadata.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

bool asks_for_key_frame(GstEvent* event) {
  return GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM &&
         gst_event_has_name(event, "GstForceKeyUnit");
}

/// Video's, unless there is none.
std::vector<PadRef> pads_for_key_frame(Sink& sink) {
  std::vector<PadRef> pads = sink.tracks.pads(TrackKind::kVideo);
  return pads.empty() ? sink.tracks.pads() : std::move(pads);
}

/// To the peers of all pads, as a bin sends it to all its sinks: they may belong to different
/// files.
/// @returns whether somebody takes it.
bool push_upstream(Sink& sink, GstEvent* event) {
  const bool is_seek = GST_EVENT_TYPE(event) == GST_EVENT_SEEK;
  const guint32 seqnum = gst_event_get_seqnum(event);
  bool taken = false;
  for (const PadRef& pad :
       asks_for_key_frame(event) ? pads_for_key_frame(sink) : sink.tracks.pads()) {
    // A demuxer flushes all its pads for one seek: those need not be told again.
    if (is_seek && sink.tracks.was_flushed(pad.get(), seqnum)) continue;
    if (gst_pad_push_event(pad.get(), gst_event_ref(event))) taken = true;
  }
  return taken;
}

}  // namespace

gboolean send_event(GstElement* element, GstEvent* event) {
  Sink& sink = sink_of(element);
  // Metadata may be sent to the element itself too, without looking for a pad.
  if (GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM && handle_metadata_event(sink, event)) {
    gst_event_unref(event);
    return TRUE;
  }
  if (!GST_EVENT_IS_UPSTREAM(event)) return parent_class->send_event(element, event);
  // A step leaves frames out, or shows one while paused. Neither is for a recording.
  const bool taken = GST_EVENT_TYPE(event) != GST_EVENT_STEP && push_upstream(sink, event);
  GST_DEBUG_OBJECT(element, "%s upstream: %s", GST_EVENT_TYPE_NAME(event),
                   taken ? "taken" : "nobody takes it");
  gst_event_unref(event);
  return taken;
}

}  // namespace kvs
