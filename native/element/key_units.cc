#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

/// The event is sent by the streaming thread, as sinks do it: handlers upstream may take locks that
/// the thread of the bridge must not wait for, and a pad that has stopped sends nothing.
void ask_for_key_unit(Sink* sink, guint8 track_id) {
  std::lock_guard lock(sink->mutex);
  for (const auto& track : sink->tracks) {
    if (track->id == track_id) track->key_unit_due = true;
  }
}

/// The event of gst_video_event_new_upstream_force_key_unit, without its library.
void request_key_unit(Track& track) {
  GstStructure* structure = gst_structure_new(
      "GstForceKeyUnit", "running-time", GST_TYPE_CLOCK_TIME, GST_CLOCK_TIME_NONE, "all-headers",
      G_TYPE_BOOLEAN, TRUE, "count", G_TYPE_UINT, track.key_units++, nullptr);
  const bool handled =
      gst_pad_push_event(track.pad, gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure));
  GST_INFO_OBJECT(track.pad, "asked for a key frame: %s",
                  handled ? "somebody upstream listens" : "nobody upstream does");
}

}  // namespace kvs
