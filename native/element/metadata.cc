#include "metadata.h"

#include <cstring>

#include "json.h"
#include "log.h"

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

}  // namespace

bool handle_metadata_event(Sink& sink, GstEvent* event) {
  const GstStructure* structure = gst_event_get_structure(event);
  if (structure == nullptr) return false;
  const auto stream = sink.stream.current();
  Bridge* bridge = stream == nullptr ? nullptr : stream->bridge.get();
  bool valid = true;
  if (gst_structure_has_name(structure, kAddMetadata)) {
    valid = handle_add_metadata(bridge, structure);
  } else if (gst_structure_has_name(structure, kAddEvent)) {
    valid = handle_add_event(bridge, structure);
  } else {
    return false;
  }
  if (!valid) {
    GST_WARNING_OBJECT(sink.element, "Event structure contains invalid field: %" GST_PTR_FORMAT,
                       structure);
  } else if (bridge == nullptr) {
    GST_WARNING_OBJECT(sink.element, "no stream is open, the event is lost: %" GST_PTR_FORMAT,
                       structure);
  } else {
    stream->drains.count_handed_over();
  }
  return true;
}

void push_fragment_metadata(Sink& sink, Bridge& bridge) {
  GstStructure* structure = sink.settings.structure(kFragmentMetadata);
  if (structure == nullptr) return;
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    const gchar* value = gst_structure_get_string(structure, name);
    if (value != nullptr) push_tag(bridge, name, value, true);
  }
  gst_structure_free(structure);
}

void event_before_frame(Sink& sink, OpenStream& stream, const Track& track, bool key_frame) {
  if (track.id != 1 || !key_frame) return;
  GstStructure* structure = sink.settings.structure(kEventMetadata);
  if (structure == nullptr) return;
  guint every = 1;
  gint signed_every;
  if (gst_structure_get_int(structure, "every", &signed_every) && signed_every > 0) {
    every = static_cast<guint>(signed_every);
  }
  gst_structure_get_uint(structure, "every", &every);
  if (is_event_kind(gst_structure_get_name(structure)) && stream.event_turns.take_turn(every)) {
    push_event(*stream.bridge, gst_structure_get_name(structure), structure);
  }
  gst_structure_free(structure);
}

}  // namespace kvs
