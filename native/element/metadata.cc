#include <cstring>

#include "json.h"
#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

constexpr char kAddMetadata[] = "kvs-add-metadata";
constexpr char kAddEvent[] = "kvs-add-event";

void push_tag(Bridge& bridge, const gchar* name, const gchar* value, bool persist) {
  const std::string json =
      JsonObject().string("name", name).string("value", value).boolean("persist", persist).done();
  Control control{ElementMessage::kMetadata};
  control.payload = json;
  if (persist) control.retain_key = std::string("metadata/") + name;
  bridge.push_control(control);
}

bool is_event_kind(const gchar* name) {
  return std::strcmp(name, "image-generation") == 0 || std::strcmp(name, "notification") == 0 ||
         std::strcmp(name, "both") == 0;
}

/// The event's own data: all string fields but those with a meaning of their own.
std::string pairs_json(const GstStructure* structure) {
  JsonObject pairs;
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    const gchar* value = gst_structure_get_string(structure, name);
    const bool own = std::strcmp(name, "event") != 0 && std::strcmp(name, "image-prefix") != 0;
    if (own && value != nullptr) pairs.string(name, value);
  }
  return pairs.done();
}

void push_event(Bridge& bridge, const gchar* kind, const GstStructure* data) {
  JsonObject object;
  object.string("event", kind);
  if (const gchar* prefix = gst_structure_get_string(data, "image-prefix")) {
    object.string("imagePrefix", prefix);
  }
  const std::string json = object.raw("pairs", pairs_json(data)).done();
  Control control{ElementMessage::kMetadata};
  control.payload = json;
  bridge.push_control(control);
}

bool handle_add_metadata(Bridge* bridge, const GstStructure* structure) {
  const gchar* name = gst_structure_get_string(structure, "name");
  const gchar* value = gst_structure_get_string(structure, "value");
  gboolean persist;
  if (name == nullptr || value == nullptr ||
      !gst_structure_get_boolean(structure, "persist", &persist)) {
    return false;
  }
  if (bridge != nullptr) push_tag(*bridge, name, value, persist);
  return true;
}

bool handle_add_event(Bridge* bridge, const GstStructure* structure) {
  const gchar* kind = gst_structure_get_string(structure, "event");
  if (kind == nullptr || !is_event_kind(kind)) return false;
  if (bridge != nullptr) push_event(*bridge, kind, structure);
  return true;
}

/// Counts key frames of the first track. @returns true at each that event-metadata is due for.
bool is_event_due(Sink* sink, guint every) {
  std::lock_guard lock(sink->mutex);
  if (!sink->event_due && ++sink->key_frames < every) return false;
  sink->event_due = false;
  sink->key_frames = 0;
  return true;
}

}  // namespace

bool handle_metadata_event(Sink* sink, GstEvent* event) {
  const GstStructure* structure = gst_event_get_structure(event);
  if (structure == nullptr) return false;
  const auto bridge = bridge_of(sink);
  bool valid = true;
  if (gst_structure_has_name(structure, kAddMetadata)) {
    valid = handle_add_metadata(bridge.get(), structure);
  } else if (gst_structure_has_name(structure, kAddEvent)) {
    valid = handle_add_event(bridge.get(), structure);
  } else {
    return false;
  }
  if (!valid) {
    GST_WARNING_OBJECT(sink->element, "Event structure contains invalid field: %" GST_PTR_FORMAT,
                       structure);
  } else if (bridge == nullptr) {
    GST_WARNING_OBJECT(sink->element, "no stream is open, the event is lost: %" GST_PTR_FORMAT,
                       structure);
  } else {
    sink->handed_over++;
  }
  return true;
}

/// The property while playing: each field becomes a persistent tag.
void push_fragment_metadata(Sink* sink, Bridge& bridge) {
  GstStructure* structure = structure_property(sink, kFragmentMetadata);
  if (structure == nullptr) return;
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    const gchar* value = gst_structure_get_string(structure, name);
    if (value != nullptr) push_tag(bridge, name, value, true);
  }
  gst_structure_free(structure);
}

/// event-metadata: raises the event in front of each Nth key frame of the first track.
void event_before_frame(Sink* sink, Bridge& bridge, const Track& track, bool key_frame) {
  if (track.id != 1 || !key_frame) return;
  GstStructure* structure = structure_property(sink, kEventMetadata);
  if (structure == nullptr) return;
  guint every = 1;
  gint signed_every;
  if (gst_structure_get_int(structure, "every", &signed_every) && signed_every > 0) {
    every = static_cast<guint>(signed_every);
  }
  gst_structure_get_uint(structure, "every", &every);
  if (is_event_kind(gst_structure_get_name(structure)) && is_event_due(sink, every)) {
    push_event(bridge, gst_structure_get_name(structure), structure);
  }
  gst_structure_free(structure);
}

}  // namespace kvs
