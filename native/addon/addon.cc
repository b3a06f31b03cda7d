// Entry point of kvssink_addon.node; src/host/native/native.ts describes what it exports.
#include <gst/gst.h>
#include <napi.h>

#include <string>

#include "../element/licence.h"
#include "../element/register.h"
#include "../element/type_name.h"
#include "addon_bridge.h"
#include "pipeline.h"
#include "task.h"

const char* const kvs::kTypeSuffix = "Node";

namespace {

using kvs::AddonCore;

void start(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "start needs a function.");
  AddonCore::instance().start(info.Env(), info[0].As<Napi::Function>());
}

void hold(const Napi::CallbackInfo& info) {
  AddonCore::instance().hold(info.Env(), info[0].ToBoolean());
}

Napi::Value pull(const Napi::CallbackInfo& info) {
  if (!info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "pull needs a Uint8Array.");
  const uint32_t id = info[0].ToNumber();
  auto slab = info[1].As<Napi::Uint8Array>();
  const auto bridge = AddonCore::instance().find(id);
  if (bridge == nullptr) return Napi::Number::New(info.Env(), 0);
  const int64_t copied = bridge->pull(slab.Data(), slab.ByteLength());
  if (bridge->forgotten()) AddonCore::instance().forget(id);
  return Napi::Number::New(info.Env(), static_cast<double>(copied));
}

Napi::Value send(const Napi::CallbackInfo& info) {
  const auto bridge = AddonCore::instance().find(info[0].ToNumber());
  if (bridge == nullptr) return Napi::Boolean::New(info.Env(), false);
  if (!info[2].IsBigInt()) throw Napi::TypeError::New(info.Env(), "send needs a bigint code.");
  const auto event = static_cast<kvs::HostMessage>(info[1].ToNumber().Uint32Value());
  bool lossless;
  const uint64_t code = info[2].As<Napi::BigInt>().Uint64Value(&lossless);
  const std::string payload = info[3].ToString();
  bridge->deliver(event, code, payload);
  return Napi::Boolean::New(info.Env(), true);
}

Napi::Value adopt_pipeline(const Napi::CallbackInfo& info) {
  GstElement* pipeline = AddonCore::instance().find_pipeline();
  if (pipeline == nullptr) {
    throw Napi::Error::New(info.Env(), "No pipeline in this process has a kvssink.");
  }
  return kvs::Pipeline::wrap(info.Env(), pipeline);
}

Napi::Value parse_launch(const Napi::CallbackInfo& info) {
  return kvs::Pipeline::wrap(info.Env(), kvs::parse_pipeline(info.Env(), info[0]));
}

std::string gstreamer_version() {
  guint major, minor, micro, nano;
  gst_version(&major, &minor, &micro, &nano);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
}

/// Here `kvssink` is this process's own; the plugin file on GST_PLUGIN_PATH does not come into it.
void register_plugin(Napi::Env env) {
  GError* error = nullptr;
  if (!gst_init_check(nullptr, nullptr, &error)) {
    const std::string text = error == nullptr ? "unknown" : error->message;
    g_clear_error(&error);
    throw Napi::Error::New(env, "GStreamer cannot be initialised: " + text);
  }
  gst_plugin_register_static(
      GST_VERSION_MAJOR, GST_VERSION_MINOR, "kvssink", "Amazon Kinesis Video Streams producer",
      [](GstPlugin* plugin) { return kvs::register_element(plugin); }, "1.0", kvs::kLicence,
      "kvs-launch", "kvs-launch", "https://www.npmjs.com/package/kvs-launch");
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  register_plugin(env);
  kvs::prepare_tasks(env);
  kvs::Pipeline::define(env);
  exports.Set("start", Napi::Function::New<start>(env, "start"));
  exports.Set("hold", Napi::Function::New<hold>(env, "hold"));
  exports.Set("pull", Napi::Function::New<pull>(env, "pull"));
  exports.Set("send", Napi::Function::New<send>(env, "send"));
  exports.Set("adoptPipeline", Napi::Function::New<adopt_pipeline>(env, "adoptPipeline"));
  exports.Set("parseLaunch", Napi::Function::New<parse_launch>(env, "parseLaunch"));
  exports.Set("gstreamerVersion", gstreamer_version());
  return exports;
}

}  // namespace

NODE_API_MODULE(kvssink_addon, init)
