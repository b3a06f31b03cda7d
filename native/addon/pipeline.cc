#include "pipeline.h"

#include <string>
#include <utility>  // std::exchange
#include <vector>

#include "addon_bridge.h"
#include "task.h"
#include "upstream_elements.h"

namespace kvs {

namespace {

Napi::Value as_boolean(Napi::Env env, gint64 value) {
  return Napi::Boolean::New(env, value != 0);
}

Napi::Value as_state_result(Napi::Env env, gint64 value) {
  switch (value) {
    case GST_STATE_CHANGE_SUCCESS:
      return Napi::String::New(env, "success");
    case GST_STATE_CHANGE_ASYNC:
      return Napi::String::New(env, "async");
    case GST_STATE_CHANGE_NO_PREROLL:
      return Napi::String::New(env, "no-preroll");
    default:
      return Napi::String::New(env, "failure");
  }
}

GstState state_named(Napi::Env env, const std::string& name) {
  if (name == "null") return GST_STATE_NULL;
  if (name == "ready") return GST_STATE_READY;
  if (name == "paused") return GST_STATE_PAUSED;
  if (name == "playing") return GST_STATE_PLAYING;
  throw Napi::TypeError::New(env, "A state is null, ready, paused or playing, not " + name + ".");
}

GstElement* parse(const Napi::Value& description, GError** error) {
  if (description.IsString()) {
    return gst_parse_launch(description.As<Napi::String>().Utf8Value().c_str(), error);
  }
  const auto list = description.As<Napi::Array>();
  std::vector<std::string> words;
  for (uint32_t i = 0; i < list.Length(); i++) words.push_back(list.Get(i).ToString());
  std::vector<const gchar*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  arguments.push_back(nullptr);
  return gst_parse_launchv(arguments.data(), error);
}

/// The element of that name, at any depth; nullptr for none. Owned by the caller.
GstElement* element_named(GstElement* pipeline, const std::string& name) {
  return gst_bin_get_by_name(GST_BIN(pipeline), name.c_str());
}

/// A property that can be written and has a text; nullptr for none.
GParamSpec* find_property(GstElement* element, const std::string& name) {
  GParamSpec* param = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str());
  const bool is_usable =
      param != nullptr && (param->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE;
  return is_usable ? param : nullptr;
}

Napi::FunctionReference& constructor() {
  static auto* reference = new Napi::FunctionReference();
  return *reference;
}

}  // namespace

GstElement* parse_pipeline(Napi::Env env, const Napi::Value& description) {
  if (!description.IsString() && !description.IsArray()) {
    throw Napi::TypeError::New(env, "A pipeline is a string or an array of words.");
  }
  GError* error = nullptr;
  GstElement* parsed = parse(description, &error);
  if (parsed != nullptr) gst_object_ref_sink(parsed);
  if (error != nullptr || parsed == nullptr) {
    const std::string text = error == nullptr ? "The pipeline is empty." : error->message;
    g_clear_error(&error);
    if (parsed != nullptr) gst_object_unref(parsed);
    throw Napi::Error::New(env, text);
  }
  if (GST_IS_PIPELINE(parsed)) return parsed;
  // A single element comes without a pipeline around it.
  GstElement* pipeline = gst_pipeline_new(nullptr);
  gst_object_ref_sink(pipeline);
  gst_bin_add(GST_BIN(pipeline), parsed);
  gst_object_unref(parsed);
  return pipeline;
}

void Pipeline::define(Napi::Env env) {
  constructor() = Napi::Persistent(
      DefineClass(env, "Pipeline",
                  {
                      InstanceAccessor<&Pipeline::name>("name"),
                      InstanceMethod<&Pipeline::on_message>("onMessage"),
                      InstanceMethod<&Pipeline::set_state>("setState"),
                      InstanceMethod<&Pipeline::send_eos>("sendEos"),
                      InstanceMethod<&Pipeline::recalculate_latency>("recalculateLatency"),
                      InstanceMethod<&Pipeline::watch_properties>("watchProperties"),
                      InstanceMethod<&Pipeline::upstream_of>("upstreamOf"),
                      InstanceMethod<&Pipeline::property>("property"),
                      InstanceMethod<&Pipeline::set_property>("setProperty"),
                      InstanceMethod<&Pipeline::dispose>("dispose"),
                  }));
  constructor().SuppressDestruct();
}

Napi::Object Pipeline::wrap(Napi::Env env, GstElement* pipeline) {
  return constructor().New({Napi::External<GstElement>::New(env, pipeline)});
}

Pipeline::Pipeline(const Napi::CallbackInfo& info)
    : ObjectWrap(info), pipeline_(info[0].As<Napi::External<GstElement>>().Data()) {}

/// Collected without dispose(), or the process ends: the pipeline is left as it is. To stop it here
/// would take locks on the JavaScript thread.
Pipeline::~Pipeline() {
  if (messages_) messages_->stop();
}

GstElement* Pipeline::pipeline(Napi::Env env) {
  if (pipeline_ == nullptr) throw Napi::Error::New(env, "The pipeline was disposed of.");
  return pipeline_;
}

Napi::Value Pipeline::name(const Napi::CallbackInfo& info) {
  gchar* name = gst_element_get_name(pipeline(info.Env()));
  const Napi::String text = Napi::String::New(info.Env(), name);
  g_free(name);
  return text;
}

void Pipeline::on_message(const Napi::CallbackInfo& info) {
  if (messages_) throw Napi::Error::New(info.Env(), "onMessage was called already.");
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "onMessage needs a function.");
  messages_ = BusMessages::listen(info.Env(), pipeline(info.Env()), info[0].As<Napi::Function>());
}

Napi::Value Pipeline::set_state(const Napi::CallbackInfo& info) {
  const GstState state = state_named(info.Env(), info[0].ToString());
  const guint64 wait_ms = info[1].IsNumber() ? info[1].As<Napi::Number>().Uint32Value() : 0;
  const auto work = [state, wait_ms](GstElement* pipeline) -> gint64 {
    const GstStateChangeReturn result = gst_element_set_state(pipeline, state);
    if (result != GST_STATE_CHANGE_ASYNC || wait_ms == 0) return result;
    return gst_element_get_state(pipeline, nullptr, nullptr, wait_ms * GST_MSECOND);
  };
  return run_task(info.Env(), pipeline(info.Env()), work, as_state_result);
}

/// Off the JavaScript thread: it waits for a source's stream lock, which a push that waits for
/// JavaScript may hold.
Napi::Value Pipeline::send_eos(const Napi::CallbackInfo& info) {
  const auto work = [](GstElement* pipeline) -> gint64 {
    return gst_element_send_event(pipeline, gst_event_new_eos());
  };
  return run_task(info.Env(), pipeline(info.Env()), work, as_boolean);
}

Napi::Value Pipeline::recalculate_latency(const Napi::CallbackInfo& info) {
  const auto work = [](GstElement* pipeline) -> gint64 {
    return gst_bin_recalculate_latency(GST_BIN(pipeline));
  };
  return run_task(info.Env(), pipeline(info.Env()), work, as_boolean);
}

void Pipeline::watch_properties(const Napi::CallbackInfo& info) {
  gst_element_add_property_deep_notify_watch(pipeline(info.Env()), nullptr, TRUE);
}

Napi::Value Pipeline::upstream_of(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  GstElement* element = element_named(pipeline(info.Env()), info[0].ToString());
  if (element == nullptr) return list;
  for (GstElement* upstream : upstream_elements(element)) {
    Napi::Object entry = Napi::Object::New(info.Env());
    GstElementFactory* factory = gst_element_get_factory(upstream);
    gchar* name = gst_element_get_name(upstream);
    entry.Set("name", name);
    entry.Set("factory", factory == nullptr ? "" : GST_OBJECT_NAME(factory));
    g_free(name);
    gst_object_unref(upstream);
    list.Set(list.Length(), entry);
  }
  gst_object_unref(element);
  return list;
}

Napi::Value Pipeline::property(const Napi::CallbackInfo& info) {
  GstElement* element = element_named(pipeline(info.Env()), info[0].ToString());
  if (element == nullptr) return info.Env().Undefined();
  const std::string name = info[1].ToString();
  Napi::Value text = info.Env().Undefined();
  if (const GParamSpec* param = find_property(element, name)) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, param->value_type);
    g_object_get_property(G_OBJECT(element), name.c_str(), &value);
    gchar* serialized = gst_value_serialize(&value);
    if (serialized != nullptr) text = Napi::String::New(info.Env(), serialized);
    g_free(serialized);
    g_value_unset(&value);
  }
  gst_object_unref(element);
  return text;
}

/// Off the JavaScript thread: an encoder may hold its lock while it pushes a frame.
Napi::Value Pipeline::set_property(const Napi::CallbackInfo& info) {
  const std::string element_name = info[0].ToString();
  const std::string name = info[1].ToString();
  const std::string text = info[2].ToString();
  const auto work = [element_name, name, text](GstElement* pipeline) -> gint64 {
    GstElement* element = element_named(pipeline, element_name);
    if (element == nullptr) return 0;
    const bool is_there = find_property(element, name) != nullptr;
    if (is_there) gst_util_set_object_arg(G_OBJECT(element), name.c_str(), text.c_str());
    gst_object_unref(element);
    return is_there ? 1 : 0;
  };
  return run_task(info.Env(), pipeline(info.Env()), work, as_boolean);
}

Napi::Value Pipeline::dispose(const Napi::CallbackInfo& info) {
  GstElement* last = pipeline(info.Env());
  pipeline_ = nullptr;
  const auto work = [last](GstElement*) -> gint64 {
    gst_element_set_state(last, GST_STATE_NULL);
    GstBus* bus = gst_element_get_bus(last);
    gst_bus_set_sync_handler(bus, nullptr, nullptr, nullptr);
    gst_bus_set_flushing(bus, TRUE);
    gst_object_unref(bus);
    gst_object_unref(last);
    return 0;
  };
  const auto messages = std::exchange(messages_, nullptr);
  const auto result = [messages](Napi::Env env, gint64) {
    if (messages) messages->stop();
    return env.Undefined();
  };
  // Messages on their way hold elements; the last one of the bridge is that the element is closed.
  return run_task(info.Env(), last, work, result,
                  {AddonCore::instance().bell(), messages ? messages->caller() : nullptr});
}

}  // namespace kvs
