// Which track of the stream a pad is, and how the core hears of pads that come and go.
#include <algorithm>  // std::none_of

#include "json.h"
#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

const char* kind_name(TrackKind kind) {
  switch (kind) {
    case TrackKind::kVideo:
      return "video";
    case TrackKind::kAudio:
      return "audio";
    case TrackKind::kOther:
      return "other";
  }
  return "other";
}

std::string track_key(guint8 id) {
  return "track/" + std::to_string(id);
}

/// Gives the track this id, and the id to this kind for as long as the stream lasts.
void assign(Sink* sink, Track& track, guint8 id) {
  track.id = id;
  if (sink->id_kinds.size() < id) sink->id_kinds.resize(id, TrackKind::kOther);
  sink->id_kinds[id - 1u] = track.kind;
}

/// The lowest id that no pad has and no other kind of medium had: who reads the stream knows a
/// track by it. After 255 changes of kind any that is free must do.
guint8 free_id(const Sink* sink, TrackKind kind) {
  const auto is_free = [&](guint id) {
    return std::none_of(sink->tracks.begin(), sink->tracks.end(),
                        [id](const auto& track) { return track->id == id; });
  };
  const auto fits = [&](guint id) {
    return id > sink->id_kinds.size() || sink->id_kinds[id - 1] == kind;
  };
  for (guint id = 1; id <= G_MAXUINT8; id++) {
    if (is_free(id) && fits(id)) return static_cast<guint8>(id);
  }
  guint id = 1;
  while (!is_free(id)) id++;
  return static_cast<guint8>(id);
}

}  // namespace

/// A single track is 1; of audio and video together the first video is 1, the first audio 2;
/// further ones follow.
void assign_track_ids(Sink* sink) {
  guint8 next = 1;
  const auto take_first = [&](TrackKind kind) {
    for (const auto& track : sink->tracks) {
      if (track->kind == kind && track->id == 0) {
        assign(sink, *track, next++);
        return;
      }
    }
  };
  sink->id_kinds.clear();
  for (const auto& track : sink->tracks) track->id = 0;
  take_first(TrackKind::kVideo);
  take_first(TrackKind::kAudio);
  for (const auto& track : sink->tracks) {
    if (track->id == 0) assign(sink, *track, next++);
  }
}

std::string track_json(const Track& track) {
  gchar* name = gst_pad_get_name(track.pad);
  JsonObject pad;
  pad.number("track", track.id).string("kind", kind_name(track.kind)).string("pad", name);
  g_free(name);
  if (!track.allowed_json.empty()) pad.raw("caps", track.allowed_json);
  return pad.done();
}

void introduce(Sink* sink, Track& track) {
  std::lock_guard lock(sink->mutex);
  if (sink->bridge == nullptr || track.id != 0) return;
  assign(sink, track, free_id(sink, track.kind));
  GST_INFO_OBJECT(track.pad, "joins the stream as track %u", track.id.load());
  const std::string json = track_json(track);
  Control control{ElementMessage::kTrack, track.id};
  control.payload = json;
  control.retain_key = track_key(track.id);
  sink->bridge->push_control(control);
  if (!track.caps_json.empty()) send_caps(track, *sink->bridge);
}

void take_leave(Bridge& bridge, guint8 id) {
  Control control{ElementMessage::kTrack, id};
  control.retain_key = track_key(id);
  bridge.push_control(control);
}

}  // namespace kvs
