#include "key_units.h"

#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

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
