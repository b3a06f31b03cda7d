#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// Upstream's default, which 0 stands for.
constexpr guint64 kDefaultStopTimeoutMs = 120'000;

/// Stats as they are read: what the core said last, and what the bridge dropped.
GstStructure* make_stats(Sink* sink) {
  Loss loss;
  {
    std::lock_guard lock(sink->mutex);
    loss = sink->losses.bridge;
  }
  GST_OBJECT_LOCK(sink->element);
  GstStructure* stats =
      sink->stats ? gst_structure_copy(sink->stats) : gst_structure_new_empty("kvs-metrics");
  GST_OBJECT_UNLOCK(sink->element);
  gst_structure_set(stats, "bridge-frames-dropped", G_TYPE_UINT64,
                    static_cast<guint64>(loss.frames), "bridge-bytes-dropped", G_TYPE_UINT64,
                    static_cast<guint64>(loss.bytes), nullptr);
  return stats;
}

/// Tells the core of a property that may change while playing.
void tell_core(Sink* sink, guint id) {
  const auto bridge = bridge_of(sink);
  if (bridge == nullptr) return;
  if (id == kFragmentMetadata) return push_fragment_metadata(sink, *bridge);
  const std::string json = property_json(sink, id);
  Control control{ElementMessage::kProperty};
  control.payload = json;
  control.retain_key = "property/" + std::to_string(id);
  bridge->push_control(control);
}

}  // namespace

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* param) {
  Sink* sink = sink_of(object);
  if (id <= kPropNone || id >= kStats) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, param);
    return;
  }
  // Before the start the next change of state says it, as of every property.
  const bool at_once = is_live_property(id) && bridge_of(sink) != nullptr;
  if (at_once && !takes_structure(sink, id, value)) return;
  GST_OBJECT_LOCK(object);
  g_value_copy(value, &sink->values[id]);
  if (id == kContentType) sink->content_type_given = g_value_get_string(value) != nullptr;
  if (id == kCodecId) sink->codec_id_given = true;
  if (id == kAwsRegion) sink->region_given = true;
  GST_OBJECT_UNLOCK(object);
  if (!is_live_property(id)) return;
  if (id == kEventMetadata) {
    std::lock_guard lock(sink->mutex);
    sink->event_due = true;
    return;
  }
  tell_core(sink, id);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* param) {
  Sink* sink = sink_of(object);
  if (id == kStats) {
    g_value_take_boxed(value, make_stats(sink));
    return;
  }
  if (id <= kPropNone || id > kStats) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, param);
    return;
  }
  GST_OBJECT_LOCK(object);
  g_value_copy(&sink->values[id], value);
  GST_OBJECT_UNLOCK(object);
}

std::string string_property(Sink* sink, Property id) {
  GST_OBJECT_LOCK(sink->element);
  const gchar* text = g_value_get_string(&sink->values[id]);
  std::string copy = text == nullptr ? "" : text;
  GST_OBJECT_UNLOCK(sink->element);
  return copy;
}

bool boolean_property(Sink* sink, Property id) {
  GST_OBJECT_LOCK(sink->element);
  const bool value = g_value_get_boolean(&sink->values[id]);
  GST_OBJECT_UNLOCK(sink->element);
  return value;
}

guint uint_property(Sink* sink, Property id) {
  GST_OBJECT_LOCK(sink->element);
  const guint value = g_value_get_uint(&sink->values[id]);
  GST_OBJECT_UNLOCK(sink->element);
  return value;
}

gint enum_property(Sink* sink, Property id) {
  GST_OBJECT_LOCK(sink->element);
  const gint value = g_value_get_enum(&sink->values[id]);
  GST_OBJECT_UNLOCK(sink->element);
  return value;
}

GstStructure* structure_property(Sink* sink, Property id) {
  GST_OBJECT_LOCK(sink->element);
  const GstStructure* structure = gst_value_get_structure(&sink->values[id]);
  GstStructure* copy = structure == nullptr ? nullptr : gst_structure_copy(structure);
  GST_OBJECT_UNLOCK(sink->element);
  return copy;
}

guint64 stop_timeout_ms(Sink* sink) {
  const guint64 seconds = uint_property(sink, kStopStreamTimeout);
  return seconds == 0 ? kDefaultStopTimeoutMs : seconds * 1000;
}

}  // namespace kvs
