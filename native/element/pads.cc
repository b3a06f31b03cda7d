#include <algorithm>  // std::find_if
#include <optional>

#include "json.h"
#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

// Beyond upstream's: byte-stream, pieces of access units, M-JPEG, ADTS, Opus, and for anything else
// codec-id and content-type must be set (queries.cc).
GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, "
                    "alignment = (string) { au, nal }; "
                    "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, "
                    "alignment = (string) { au, nal }; "
                    "image/jpeg; video/x-av1; video/x-vp8; video/x-vp9; video/mpeg; "
                    "video/x-theora; video/x-dirac; video/x-prores; video/x-ffv; "
                    "video/x-h266"));

GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/mpeg, mpegversion = (int) { 2, 4 }, "
                    "stream-format = (string) { raw, adts }; "
                    "audio/x-alaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
                    "audio/x-mulaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
                    "audio/x-opus; audio/mpeg, mpegversion = (int) 1; audio/x-vorbis; "
                    "audio/x-flac; audio/x-ac3; audio/x-eac3; audio/AMR; audio/AMR-WB"));

GstStaticPadTemplate other_template =
    GST_STATIC_PAD_TEMPLATE("other_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS_ANY);

Track* find_track(Sink* sink, GstPad* pad) {
  for (const auto& track : sink->tracks) {
    if (track->pad == pad) return track.get();
  }
  return nullptr;
}

TrackKind kind_of_template(GstPadTemplate* templ) {
  const gchar* name = GST_PAD_TEMPLATE_NAME_TEMPLATE(templ);
  if (g_str_has_prefix(name, "audio")) return TrackKind::kAudio;
  return g_str_has_prefix(name, "video") ? TrackKind::kVideo : TrackKind::kOther;
}

const char* name_prefix(TrackKind kind) {
  switch (kind) {
    case TrackKind::kAudio:
      return "audio_";
    case TrackKind::kVideo:
      return "video_";
    case TrackKind::kOther:
      return "other_";
  }
  return "other_";
}

/// Lowest `video_N` (or `audio_N`, `other_N`) that is free, as upstream names pads whatever is
/// asked for.
std::string free_name(Sink* sink, TrackKind kind) {
  const char* prefix = name_prefix(kind);
  for (guint i = 0;; i++) {
    const std::string name = prefix + std::to_string(i);
    const auto same = [&](const auto& track) {
      return name == GST_OBJECT_NAME(GST_OBJECT(track->pad));
    };
    if (std::none_of(sink->tracks.begin(), sink->tracks.end(), same)) return name;
  }
}

/// What the peer can send decides, not the pad's name: a source of ANY caps gets whichever pad.
std::optional<TrackKind> kind_of_peer(const GstCaps* caps) {
  if (caps == nullptr || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return std::nullopt;
  const TrackKind kind = kind_of_caps(gst_structure_get_name(gst_caps_get_structure(caps, 0)));
  // More than one kind is possible: the pad's own name is the better guess.
  for (guint i = 1; i < gst_caps_get_size(caps); i++) {
    const auto* structure = gst_caps_get_structure(caps, i);
    if (kind_of_caps(gst_structure_get_name(structure)) != kind) return std::nullopt;
  }
  return kind;
}

/// First structure of what the peer may send, as upstream looks at it; empty without a peer.
std::string first_caps_json(const GstCaps* caps) {
  if (caps == nullptr || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return "";
  return json_caps(gst_caps_get_structure(caps, 0));
}

/// Asks the peer what it may send. The query runs without the mutex: it comes back to our pads.
/// @returns whether that told what the pad carries
bool inspect_pad(Sink* sink, GstPad* pad) {
  GstCaps* caps = gst_pad_get_allowed_caps(pad);
  const auto kind = kind_of_peer(caps);
  {
    std::lock_guard lock(sink->mutex);
    if (Track* track = find_track(sink, pad)) {
      track->kind = kind.value_or(track->kind);
      track->allowed_json = first_caps_json(caps);
    }
  }
  if (caps != nullptr) gst_caps_unref(caps);
  return kind.has_value();
}

/// A track of a stream that is open is told to the core as soon as it is known what it will be;
/// without a peer that says so, with its caps.
void on_linked(GstPad* pad, GstPad*, gpointer element) {
  Sink* sink = sink_of(element);
  if (bridge_of(sink) == nullptr) return;
  Track* track = track_of(pad);
  if (track != nullptr && track->id == 0 && inspect_pad(sink, pad)) introduce(sink, *track);
}

/// Nobody waits for what cannot come; another link goes on with the track.
void on_unlinked(GstPad* pad, GstPad*, gpointer element) {
  Sink* sink = sink_of(element);
  std::shared_ptr<Bridge> bridge;
  guint8 id = 0;
  {
    std::lock_guard lock(sink->mutex);
    const Track* track = find_track(sink, pad);
    if (track == nullptr || track->eos) return;
    id = track->id;
    bridge = sink->bridge;
  }
  if (bridge != nullptr && id != 0) bridge->push_control({ElementMessage::kTrackEos, id});
  finish_if_all_eos(sink);
}

}  // namespace

TrackKind kind_of_caps(const gchar* name) {
  if (g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/")) {
    return TrackKind::kVideo;
  }
  return g_str_has_prefix(name, "audio/") ? TrackKind::kAudio : TrackKind::kOther;
}

void install_pad_templates(GstElementClass* klass) {
  // Video first: a source of ANY caps gets the first template that fits.
  gst_element_class_add_static_pad_template(klass, &video_template);
  gst_element_class_add_static_pad_template(klass, &audio_template);
  gst_element_class_add_static_pad_template(klass, &other_template);
}

static bool has_all_tracks(Sink* sink) {
  std::lock_guard lock(sink->mutex);
  return sink->tracks.size() >= kMaxTracks;
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* templ, const gchar* name,
                        const GstCaps*) {
  Sink* sink = sink_of(element);
  auto track = std::make_unique<Track>();
  gst_segment_init(&track->segment, GST_FORMAT_UNDEFINED);
  track->kind = kind_of_template(templ);
  if (has_all_tracks(sink)) {
    GST_ELEMENT_WARNING(element, CORE, PAD,
                        ("A stream of Kinesis Video Streams has at most %u tracks; kvssink refuses "
                         "another pad.",
                         kMaxTracks),
                        ("asked for as %s", name != nullptr ? name : templ->name_template));
    return nullptr;
  }
  GstPad* pad = nullptr;
  {
    std::lock_guard lock(sink->mutex);
    const std::string own_name = free_name(sink, track->kind);
    if (name != nullptr && own_name != name) {
      GST_WARNING_OBJECT(element, "the pad is called %s, not %s", own_name.c_str(), name);
    }
    pad = gst_pad_new_from_template(templ, own_name.c_str());
    track->pad = pad;
    gst_pad_set_element_private(pad, track.get());
    sink->tracks.push_back(std::move(track));
  }
  gst_pad_set_chain_function(pad, chain);
  gst_pad_set_event_function(pad, pad_event);
  gst_pad_set_query_function(pad, pad_query);
  GST_PAD_SET_ACCEPT_INTERSECT(pad);
  g_signal_connect(pad, "linked", G_CALLBACK(on_linked), element);
  g_signal_connect(pad, "unlinked", G_CALLBACK(on_unlinked), element);
  if (GST_STATE(element) > GST_STATE_READY) gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  Sink* sink = sink_of(element);
  guint8 id = 0;
  const auto bridge = bridge_of(sink);
  {
    std::lock_guard lock(sink->mutex);
    const Track* track = find_track(sink, pad);
    if (track == nullptr) return;
    id = track->id;
  }
  if (bridge != nullptr && id != 0) bridge->set_track_flushing(id, true);
  gst_object_ref(pad);
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  if (bridge != nullptr && id != 0) {
    take_leave(*bridge, id);
    bridge->set_track_flushing(id, false);
  }
  std::unique_ptr<Track> released;
  {
    std::lock_guard lock(sink->mutex);
    const auto found = std::find_if(sink->tracks.begin(), sink->tracks.end(),
                                    [&](const auto& track) { return track->pad == pad; });
    released = std::move(*found);
    sink->tracks.erase(found);
  }
  gst_pad_set_element_private(pad, nullptr);
  gst_object_unref(pad);
  finish_if_all_eos(sink);
}

/// The pads of all tracks, or of those of one kind. Queries and events come back to them, or to
/// the element, so none of them may go out with the mutex held.
std::vector<PadRef> pads_of(Sink* sink, std::optional<TrackKind> kind) {
  std::vector<PadRef> pads;
  std::lock_guard lock(sink->mutex);
  for (const auto& track : sink->tracks) {
    if (kind && track->kind != *kind) continue;
    pads.emplace_back(GST_PAD(gst_object_ref(track->pad)));
  }
  return pads;
}

/// Asks all peers what they may send, and numbers the tracks.
void inspect_pads(Sink* sink) {
  for (const PadRef& pad : pads_of(sink)) {
    inspect_pad(sink, pad.get());
  }
  std::lock_guard lock(sink->mutex);
  assign_track_ids(sink);
}

}  // namespace kvs
