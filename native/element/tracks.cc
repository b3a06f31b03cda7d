#include "tracks.h"

#include <algorithm>  // std::find_if

#include "json.h"
#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

TrackKind kind_of_template(GstPadTemplate* pad_template) {
  const gchar* name = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
  if (g_str_has_prefix(name, "audio")) return TrackKind::kAudio;
  return g_str_has_prefix(name, "video") ? TrackKind::kVideo : TrackKind::kOther;
}

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

}  // namespace

TrackKind kind_of_caps(const gchar* name) {
  if (g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/")) {
    return TrackKind::kVideo;
  }
  return g_str_has_prefix(name, "audio/") ? TrackKind::kAudio : TrackKind::kOther;
}

bool Tracks::is_full() const {
  std::lock_guard lock(mutex_);
  return entries_.size() >= kMaxTracks;
}

bool Tracks::is_empty() const {
  std::lock_guard lock(mutex_);
  return entries_.empty();
}

Track& Tracks::add(GstPadTemplate* pad_template) {
  Entry entry;
  entry.track = std::make_unique<Track>();
  entry.kind = kind_of_template(pad_template);
  Track& track = *entry.track;
  gst_segment_init(&track.segment, GST_FORMAT_UNDEFINED);
  std::lock_guard lock(mutex_);
  track.pad = gst_pad_new_from_template(pad_template, free_name(entry.kind).c_str());
  gst_pad_set_element_private(track.pad, &track);
  entries_.push_back(std::move(entry));
  return track;
}

std::unique_ptr<Track> Tracks::remove(GstPad* pad) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.track->pad == pad; });
  if (found == entries_.end()) return nullptr;
  std::unique_ptr<Track> removed = std::move(found->track);
  entries_.erase(found);
  return removed;
}

std::vector<PadRef> Tracks::pads(std::optional<TrackKind> kind) const {
  std::vector<PadRef> pads;
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (kind && entry.kind != *kind) continue;
    pads.emplace_back(GST_PAD(gst_object_ref(entry.track->pad)));
  }
  return pads;
}

void Tracks::set_peer(GstPad* pad, std::optional<TrackKind> kind, std::string allowed_json) {
  std::lock_guard lock(mutex_);
  Entry* entry = find(pad);
  if (entry == nullptr) return;
  entry->kind = kind.value_or(entry->kind);
  entry->allowed_json = std::move(allowed_json);
}

void Tracks::set_caps(Track& track, const GstStructure* caps) {
  std::string json = json_caps(caps);
  std::lock_guard lock(mutex_);
  Entry* entry = find(track.pad);
  if (entry == nullptr) return;
  entry->caps_json = std::move(json);
  if (track.id == 0) entry->kind = kind_of_caps(gst_structure_get_name(caps));
}

static void push_caps(Bridge& bridge, guint8 id, const std::string& json) {
  Control control{ElementMessage::kCaps, id};
  control.payload = json;
  control.retain_key = "caps/" + std::to_string(id);
  bridge.push_control(control);
}

void Tracks::send_caps(const Track& track, Bridge& bridge) const {
  std::lock_guard lock(mutex_);
  if (const Entry* entry = find(track.pad)) push_caps(bridge, track.id, entry->caps_json);
}

/// A single track is 1; of audio and video together the first video is 1, the first audio 2;
/// further ones follow.
void Tracks::assign_ids() {
  std::lock_guard lock(mutex_);
  guint8 next = 1;
  const auto take_first = [&](TrackKind kind) {
    for (Entry& entry : entries_) {
      if (entry.kind == kind && entry.track->id == 0) return assign(entry, next++);
    }
  };
  id_kinds_.clear();
  for (const Entry& entry : entries_) entry.track->id = 0;
  take_first(TrackKind::kVideo);
  take_first(TrackKind::kAudio);
  for (Entry& entry : entries_) {
    if (entry.track->id == 0) assign(entry, next++);
  }
}

static std::string track_json(const Track& track, TrackKind kind, const std::string& caps) {
  gchar* name = gst_pad_get_name(track.pad);
  JsonObject pad;
  pad.number("track", track.id).string("kind", kind_name(kind)).string("pad", name);
  g_free(name);
  if (!caps.empty()) pad.raw("caps", caps);
  return pad.done();
}

std::string Tracks::json() const {
  std::lock_guard lock(mutex_);
  std::string json = "[";
  for (const Entry& entry : entries_) {
    // Requested just now: it is introduced by itself.
    if (entry.track->id == 0) continue;
    if (json.size() > 1) json += ',';
    json += track_json(*entry.track, entry.kind, entry.allowed_json);
  }
  return json + "]";
}

void Tracks::begin(Bridge& bridge) {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    entry.eos = false;
    entry.track->source = SourceKind::kUnknown;
    entry.track->pace.reset();
    const guint8 id = entry.track->id;
    if (id != 0 && !entry.caps_json.empty()) push_caps(bridge, id, entry.caps_json);
  }
}

void Tracks::end() {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    entry.track->id = 0;
    entry.caps_json.clear();
  }
}

void Tracks::introduce(Track& track, Bridge& bridge) {
  std::lock_guard lock(mutex_);
  Entry* entry = find(track.pad);
  if (entry == nullptr || track.id != 0) return;
  assign(*entry, free_id(entry->kind));
  GST_INFO_OBJECT(track.pad, "joins the stream as track %u", track.id.load());
  const std::string json = track_json(track, entry->kind, entry->allowed_json);
  Control control{ElementMessage::kTrack, track.id};
  control.payload = json;
  control.retain_key = track_key(track.id);
  bridge.push_control(control);
  if (!entry->caps_json.empty()) push_caps(bridge, track.id, entry->caps_json);
}

bool Tracks::reach_eos(Track& track) {
  std::lock_guard lock(mutex_);
  Entry* entry = find(track.pad);
  if (entry == nullptr || entry->eos) return false;
  GST_DEBUG_OBJECT(track.pad, "is at its end");
  entry->eos = true;
  return true;
}

bool Tracks::revive(Track& track) {
  std::lock_guard lock(mutex_);
  Entry* entry = find(track.pad);
  if (entry == nullptr || !entry->eos) return false;
  GST_DEBUG_OBJECT(track.pad, "continues after its end");
  entry->eos = false;
  return true;
}

std::optional<guint8> Tracks::id_if_going_on(GstPad* pad) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = find(pad);
  if (entry == nullptr || entry->eos) return std::nullopt;
  return entry->track->id.load();
}

bool Tracks::are_all_at_eos() const {
  std::lock_guard lock(mutex_);
  // A pad that nothing is linked to will never say that it is at its end.
  const auto goes_on = [](const Entry& entry) {
    return !entry.eos && gst_pad_is_linked(entry.track->pad);
  };
  const auto ended = [](const Entry& entry) { return entry.eos; };
  return std::none_of(entries_.begin(), entries_.end(), goes_on) &&
         std::any_of(entries_.begin(), entries_.end(), ended);
}

bool Tracks::have_all_started(Track& track) {
  std::lock_guard lock(mutex_);
  if (Entry* entry = find(track.pad)) entry->started = true;
  for (const Entry& entry : entries_) {
    if (!entry.started) return false;
  }
  for (Entry& entry : entries_) entry.started = false;
  return true;
}

void Tracks::keep_flush(Track& track, guint32 seqnum) {
  std::lock_guard lock(mutex_);
  if (Entry* entry = find(track.pad)) entry->flush_seqnum = seqnum;
}

bool Tracks::was_flushed(GstPad* pad, guint32 seqnum) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = find(pad);
  return entry != nullptr && entry->flush_seqnum == seqnum;
}

gint64 Tracks::position_ns() const {
  gint64 furthest = -1;
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    const guint64 position = entry.track->position_ns;
    if (position != kTimeNone) furthest = std::max(furthest, static_cast<gint64>(position));
  }
  return furthest;
}

/// The event is sent by the streaming thread, as sinks do it: handlers upstream may take locks that
/// the thread of the bridge must not wait for, and a pad that has stopped sends nothing.
void Tracks::want_key_unit(guint8 track_id) {
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.track->id == track_id) entry.track->key_unit_due = true;
  }
}

Tracks::Entry* Tracks::find(const GstPad* pad) {
  for (Entry& entry : entries_) {
    if (entry.track->pad == pad) return &entry;
  }
  return nullptr;
}

const Tracks::Entry* Tracks::find(const GstPad* pad) const {
  return const_cast<Tracks*>(this)->find(pad);
}

/// Lowest `video_N` (or `audio_N`, `other_N`) that is free, as upstream names pads whatever is
/// asked for.
std::string Tracks::free_name(TrackKind kind) const {
  for (guint i = 0;; i++) {
    const std::string name = std::string(kind_name(kind)) + "_" + std::to_string(i);
    const auto same = [&](const Entry& entry) {
      return name == GST_OBJECT_NAME(GST_OBJECT(entry.track->pad));
    };
    if (std::none_of(entries_.begin(), entries_.end(), same)) return name;
  }
}

/// Gives the track this id, and the id to this kind for as long as the stream lasts.
void Tracks::assign(Entry& entry, guint8 id) {
  entry.track->id = id;
  if (id_kinds_.size() < id) id_kinds_.resize(id, TrackKind::kOther);
  id_kinds_[id - 1u] = entry.kind;
}

/// The lowest id that no pad has and no other kind of medium had: who reads the stream knows a
/// track by it. After 255 changes of kind any that is free must do.
guint8 Tracks::free_id(TrackKind kind) const {
  const auto is_free = [&](guint id) {
    return std::none_of(entries_.begin(), entries_.end(),
                        [id](const Entry& entry) { return entry.track->id == id; });
  };
  const auto fits = [&](guint id) { return id > id_kinds_.size() || id_kinds_[id - 1] == kind; };
  for (guint id = 1; id <= G_MAXUINT8; id++) {
    if (is_free(id) && fits(id)) return static_cast<guint8>(id);
  }
  guint id = 1;
  while (!is_free(id)) id++;
  return static_cast<guint8>(id);
}

void take_leave(Bridge& bridge, guint8 id) {
  Control control{ElementMessage::kTrack, id};
  control.retain_key = track_key(id);
  bridge.push_control(control);
}

}  // namespace kvs
