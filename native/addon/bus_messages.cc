#include "bus_messages.h"

#include <string>

namespace kvs {

namespace {

void set_text(Napi::Object object, const char* name, const gchar* text) {
  if (text != nullptr) object.Set(name, text);
}

void set_problem(Napi::Object object, GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error(message, &error, &debug);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning(message, &error, &debug);
      break;
    default:
      gst_message_parse_info(message, &error, &debug);
      break;
  }
  if (error != nullptr) {
    set_text(object, "text", error->message);
    set_text(object, "domain", g_quark_to_string(error->domain));
    object.Set("code", error->code);
  }
  set_text(object, "debug", debug);
  g_clear_error(&error);
  g_free(debug);
}

std::string lower(const gchar* text) {
  gchar* down = g_ascii_strdown(text, -1);
  std::string copy = down;
  g_free(down);
  for (char& letter : copy) letter = letter == '_' ? '-' : letter;
  return copy;
}

void set_states(Napi::Object object, GstMessage* message) {
  GstState from, to, pending;
  gst_message_parse_state_changed(message, &from, &to, &pending);
  object.Set("oldState", lower(gst_element_state_get_name(from)));
  object.Set("newState", lower(gst_element_state_get_name(to)));
  object.Set("pending", lower(gst_element_state_get_name(pending)));
}

void set_source(Napi::Object object, GstMessage* message, const GstElement* pipeline) {
  GstObject* source = GST_MESSAGE_SRC(message);
  object.Set("source", source == nullptr ? "" : GST_OBJECT_NAME(source));
  object.Set("sourceType", source == nullptr ? "" : G_OBJECT_TYPE_NAME(source));
  gchar* path = source == nullptr ? g_strdup("") : gst_object_get_path_string(source);
  object.Set("path", path);
  g_free(path);
  object.Set("fromPipeline", reinterpret_cast<const GstElement*>(source) == pipeline);
}

void set_structure(Napi::Object object, GstMessage* message) {
  const GstStructure* structure = gst_message_get_structure(message);
  if (structure == nullptr) return;
  object.Set("structureName", gst_structure_get_name(structure));
  gchar* text = gst_structure_to_string(structure);
  set_text(object, "structure", text);
  g_free(text);
}

std::string value_text(const GValue* value) {
  if (value == nullptr) return "(no value)";
  gchar* text = G_VALUE_HOLDS_STRING(value)   ? g_value_dup_string(value)
                : GST_VALUE_HOLDS_CAPS(value) ? gst_caps_to_string(gst_value_get_caps(value))
                                              : gst_value_serialize(value);
  const std::string copy = text == nullptr ? "(null)" : text;
  g_free(text);
  return copy;
}

/// The object whose property changed is another one than the bin that posts it.
void set_notify(Napi::Object object, GstMessage* message) {
  GstObject* owner = nullptr;
  const gchar* name = nullptr;
  const GValue* value = nullptr;
  gst_message_parse_property_notify(message, &owner, &name, &value);
  gchar* path = gst_object_get_path_string(owner);
  object.Set("path", path);
  g_free(path);
  object.Set("property", name);
  object.Set("text", value_text(value));
}

Napi::Object to_javascript(Napi::Env env, GstMessage* message, const GstElement* pipeline) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", GST_MESSAGE_TYPE_NAME(message));
  object.Set("seqnum", gst_message_get_seqnum(message));
  set_source(object, message, pipeline);
  set_structure(object, message);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_INFO:
      set_problem(object, message);
      break;
    case GST_MESSAGE_STATE_CHANGED:
      set_states(object, message);
      break;
    case GST_MESSAGE_BUFFERING: {
      gint percent;
      gst_message_parse_buffering(message, &percent);
      object.Set("percent", percent);
      break;
    }
    case GST_MESSAGE_PROPERTY_NOTIFY:
      set_notify(object, message);
      break;
    default:
      break;
  }
  return object;
}

}  // namespace

std::shared_ptr<BusMessages> BusMessages::listen(Napi::Env env, GstElement* pipeline,
                                                 Napi::Function callback) {
  auto self = std::make_shared<BusMessages>();
  self->pipeline_ = pipeline;
  self->caller_ = JsCaller::make(env, callback, "kvssink bus");
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_bus_set_sync_handler(
      bus, on_message, new std::shared_ptr<BusMessages>(self),
      [](gpointer data) { delete static_cast<std::shared_ptr<BusMessages>*>(data); });
  gst_object_unref(bus);
  return self;
}

void BusMessages::stop() {
  caller_->stop();
}

GstBusSyncReply BusMessages::on_message(GstBus*, GstMessage* message, gpointer data) {
  BusMessages& self = **static_cast<std::shared_ptr<BusMessages>*>(data);
  // The reference that dropping leaves to us goes along with the call.
  const std::shared_ptr<GstMessage> kept(message, gst_message_unref);
  self.caller_->call([kept, pipeline = self.pipeline_](Napi::Env env, Napi::Function callback) {
    callback.Call({to_javascript(env, kept.get(), pipeline)});
  });
  return GST_BUS_DROP;
}

}  // namespace kvs
