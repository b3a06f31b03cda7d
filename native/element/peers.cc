#include "peers.h"

#include <optional>

#include "json.h"

namespace kvs {

namespace {

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

}  // namespace

bool inspect_pad(Sink& sink, GstPad* pad) {
  GstCaps* caps = gst_pad_get_allowed_caps(pad);
  const auto kind = kind_of_peer(caps);
  sink.tracks.set_peer(pad, kind, first_caps_json(caps));
  if (caps != nullptr) gst_caps_unref(caps);
  return kind.has_value();
}

}  // namespace kvs
