#include "source.h"

#include "json.h"
#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// A peer that does not answer is taken for live: a live pipeline must never be held up.
bool is_live(GstPad* pad) {
  GstQuery* query = gst_query_new_latency();
  gboolean live = TRUE;
  if (gst_pad_peer_query(pad, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live;
}

void tell_core(const Track& track, Bridge& bridge) {
  const bool runs_ahead = track.source == SourceKind::kRunsAhead;
  const std::string json = JsonObject()
                               .boolean("live", track.source == SourceKind::kLive)
                               .boolean("runsAhead", runs_ahead)
                               .done();
  Control control{ElementMessage::kSource, track.id};
  control.payload = json;
  control.retain_key = "source/" + std::to_string(track.id);
  bridge.push_control(control);
}

}  // namespace

void look_at_source(Track& track, Bridge& bridge, GstClockTime pts, GstClockTime duration,
                    guint64 now_ns) {
  switch (track.source) {
    case SourceKind::kUnknown:
      track.source = is_live(track.pad) ? SourceKind::kLive : SourceKind::kPaced;
      GST_DEBUG_OBJECT(track.pad, "the source is %s",
                       track.source == SourceKind::kLive ? "live" : "not live");
      tell_core(track, bridge);
      break;
    case SourceKind::kPaced:
      break;
    case SourceKind::kLive:
    case SourceKind::kRunsAhead:
      return;
  }
  if (track.source != SourceKind::kPaced) return;
  track.pace.saw(pts, duration, now_ns);
  if (!track.pace.runs_ahead()) return;
  track.source = SourceKind::kRunsAhead;
  GST_DEBUG_OBJECT(track.pad, "the source runs ahead of the clock: it is made to wait for room");
  tell_core(track, bridge);
}

void forget_source(Track& track) {
  track.source = SourceKind::kUnknown;
  track.pace.reset();
}

WhenFull when_full(bool offline, const Track& track) {
  const bool can_wait = offline || track.source == SourceKind::kRunsAhead;
  return can_wait ? WhenFull::kWait : WhenFull::kDropOldest;
}

}  // namespace kvs
