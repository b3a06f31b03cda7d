#include <algorithm>  // std::find_if

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

TrackKind kind_of_caps(const gchar* name) {
  if (g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/")) {
    return TrackKind::kVideo;
  }
  return g_str_has_prefix(name, "audio/") ? TrackKind::kAudio : TrackKind::kOther;
}

/// What the peer can send decides, not the pad's name: a source of ANY caps gets whichever pad.
TrackKind kind_of_peer(const GstCaps* caps, TrackKind otherwise) {
  if (caps == nullptr || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return otherwise;
  const TrackKind kind = kind_of_caps(gst_structure_get_name(gst_caps_get_structure(caps, 0)));
  // More than one kind is possible: the pad's own name is the better guess.
  for (guint i = 1; i < gst_caps_get_size(caps); i++) {
    const auto* structure = gst_caps_get_structure(caps, i);
    if (kind_of_caps(gst_structure_get_name(structure)) != kind) return otherwise;
  }
  return kind;
}

/// First structure of what the peer may send, as upstream looks at it; empty without a peer.
std::string first_caps_json(const GstCaps* caps) {
  if (caps == nullptr || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return "";
  return json_caps(gst_caps_get_structure(caps, 0));
}

guint8 free_id(Sink* sink) {
  for (guint8 id = 1;; id++) {
    const auto same = [id](const auto& track) { return track->id == id; };
    if (std::none_of(sink->tracks.begin(), sink->tracks.end(), same)) return id;
  }
}

}  // namespace

void install_pad_templates(GstElementClass* klass) {
  // Video first: a source of ANY caps gets the first template that fits.
  gst_element_class_add_static_pad_template(klass, &video_template);
  gst_element_class_add_static_pad_template(klass, &audio_template);
  gst_element_class_add_static_pad_template(klass, &other_template);
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* templ, const gchar* name,
                        const GstCaps*) {
  Sink* sink = sink_of(element);
  auto track = std::make_unique<Track>();
  gst_segment_init(&track->segment, GST_FORMAT_UNDEFINED);
  track->kind = kind_of_template(templ);
  GstPad* pad = nullptr;
  {
    std::lock_guard lock(sink->mutex);
    if (sink->tracks.size() >= kMaxTracks) {
      GST_ERROR_OBJECT(element, "Kinesis Video Streams takes at most %u tracks per stream",
                       kMaxTracks);
      return nullptr;
    }
    const std::string own_name = free_name(sink, track->kind);
    if (name != nullptr && own_name != name) {
      GST_WARNING_OBJECT(element, "the pad is called %s, not %s", own_name.c_str(), name);
    }
    pad = gst_pad_new_from_template(templ, own_name.c_str());
    track->pad = pad;
    if (sink->bridge != nullptr) track->id = free_id(sink);
    gst_pad_set_element_private(pad, track.get());
    sink->tracks.push_back(std::move(track));
  }
  gst_pad_set_chain_function(pad, chain);
  gst_pad_set_event_function(pad, pad_event);
  gst_pad_set_query_function(pad, pad_query);
  GST_PAD_SET_ACCEPT_INTERSECT(pad);
  if (GST_STATE(element) > GST_STATE_READY) gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  Sink* sink = sink_of(element);
  guint8 id = 0;
  bool ended = false;
  const auto bridge = bridge_of(sink);
  {
    std::lock_guard lock(sink->mutex);
    Track* track = find_track(sink, pad);
    if (track == nullptr) return;
    id = track->id;
    ended = track->eos;
  }
  if (bridge != nullptr && id != 0) bridge->set_track_flushing(id, true);
  gst_object_ref(pad);
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  if (bridge != nullptr && id != 0) {
    if (!ended) {
      Control control{ElementMessage::kTrackEos, id};
      control.retain_key = "!eos/" + std::to_string(id);
      bridge->push_control(control);
    }
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

/// A single track is 1; of audio and video together the first video is 1, the first audio 2;
/// further ones follow.
static void assign_track_ids(Sink* sink) {
  guint8 next = 1;
  const auto take_first = [&](TrackKind kind) {
    for (const auto& track : sink->tracks) {
      if (track->kind == kind && track->id == 0) {
        track->id = next++;
        return;
      }
    }
  };
  for (const auto& track : sink->tracks) track->id = 0;
  take_first(TrackKind::kVideo);
  take_first(TrackKind::kAudio);
  for (const auto& track : sink->tracks) {
    if (track->id == 0) track->id = next++;
  }
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

/// Asks the peers what they may send.
void inspect_pads(Sink* sink) {
  for (const PadRef& pad : pads_of(sink)) {
    GstCaps* caps = gst_pad_get_allowed_caps(pad.get());
    {
      std::lock_guard lock(sink->mutex);
      if (Track* track = find_track(sink, pad.get())) {
        track->kind = kind_of_peer(caps, track->kind);
        track->allowed_json = first_caps_json(caps);
      }
    }
    if (caps != nullptr) gst_caps_unref(caps);
  }
  std::lock_guard lock(sink->mutex);
  assign_track_ids(sink);
}

}  // namespace kvs
