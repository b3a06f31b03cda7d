// A pipeline under JavaScript's control.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <memory>

#include "bus_messages.h"

namespace kvs {

class Pipeline : public Napi::ObjectWrap<Pipeline> {
 public:
  static void define(Napi::Env env);
  /// Takes over the reference.
  static Napi::Object wrap(Napi::Env env, GstElement* pipeline);

  explicit Pipeline(const Napi::CallbackInfo& info);
  ~Pipeline() override;

 private:
  Napi::Value name(const Napi::CallbackInfo& info);
  void on_message(const Napi::CallbackInfo& info);
  Napi::Value set_state(const Napi::CallbackInfo& info);
  Napi::Value send_eos(const Napi::CallbackInfo& info);
  Napi::Value recalculate_latency(const Napi::CallbackInfo& info);
  void watch_properties(const Napi::CallbackInfo& info);
  Napi::Value upstream_of(const Napi::CallbackInfo& info);
  Napi::Value property(const Napi::CallbackInfo& info);
  Napi::Value set_property(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  GstElement* pipeline(Napi::Env env);

  GstElement* pipeline_ = nullptr;
  std::shared_ptr<BusMessages> messages_;
};

/// gst_parse_launch or gst_parse_launchv; always a pipeline. @throws Napi::Error
GstElement* parse_pipeline(Napi::Env env, const Napi::Value& description);

}  // namespace kvs
