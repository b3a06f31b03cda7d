#include "config.h"

#include <algorithm>  // std::max

#include "enums.h"
#include "json.h"
#include "log.h"

namespace kvs {

namespace {

/// `auto` follows GST_DEBUG, so that the core need not send lines that nobody reads.
std::string log_level_json(Sink& sink) {
  gint level = sink.settings.choice(kLogLevel);
  if (level == 0) {
    const GstDebugLevel threshold = gst_debug_category_get_threshold(kvs_sink_debug);
    level = threshold <= GST_LEVEL_WARNING ? std::max<gint>(threshold, GST_LEVEL_ERROR)
                                           : (threshold <= GST_LEVEL_INFO ? 4 : 5);
  }
  GValue value = G_VALUE_INIT;
  g_value_init(&value, log_level_type());
  g_value_set_enum(&value, level);
  std::string json = json_value(&value);
  g_value_unset(&value);
  return json;
}

/// A property's name and value as the core hears them.
void add_property(Sink& sink, GParamSpec* param, std::string_view name, JsonObject& object) {
  if (param->param_id == kLogLevel) {
    object.raw(name, log_level_json(sink));
    return;
  }
  GValue value = G_VALUE_INIT;
  g_value_init(&value, G_PARAM_SPEC_VALUE_TYPE(param));
  sink.settings.copy(param->param_id, &value);
  object.raw(name, json_value(&value));
  g_value_unset(&value);
}

std::string properties_json(Sink& sink) {
  guint count = 0;
  GParamSpec** params = g_object_class_list_properties(G_OBJECT_GET_CLASS(sink.element), &count);
  JsonObject object;
  for (guint i = 0; i < count; i++) {
    if (params[i]->owner_type != G_OBJECT_TYPE(sink.element)) continue;
    if (params[i]->param_id == kStats) continue;
    if (params[i]->param_id == kAwsRegion && !sink.settings.has_region()) continue;
    add_property(sink, params[i], params[i]->name, object);
  }
  g_free(params);
  return object.done();
}

}  // namespace

std::string open_json(Sink& sink, guint pad_wait_ms) {
  gchar* name = gst_element_get_name(sink.element);
  JsonObject object;
  object.string("element", name).raw("properties", properties_json(sink));
  g_free(name);
  if (pad_wait_ms > 0) object.number("padWaitMs", pad_wait_ms);
  if (!sink.settings.has_file_start_time()) object.raw("startsNow", "true");
  return object.raw("pads", sink.tracks.json()).done();
}

std::string property_json(Sink& sink, guint id) {
  guint count = 0;
  GParamSpec** params = g_object_class_list_properties(G_OBJECT_GET_CLASS(sink.element), &count);
  JsonObject object;
  for (guint i = 0; i < count; i++) {
    if (params[i]->owner_type != G_OBJECT_TYPE(sink.element) || params[i]->param_id != id) {
      continue;
    }
    object.string("name", params[i]->name);
    add_property(sink, params[i], "value", object);
  }
  g_free(params);
  return object.done();
}

}  // namespace kvs
