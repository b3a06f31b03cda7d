// Bus messages for JavaScript.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <memory>

#include "js_caller.h"

namespace kvs {

/// Hears one pipeline's bus on whatever thread posts, and calls back on the JavaScript thread.
class BusMessages {
 public:
  /// Takes the bus over.
  static std::shared_ptr<BusMessages> listen(Napi::Env env, GstElement* pipeline,
                                             Napi::Function callback);

  /// Nothing is called back any more.
  void stop();

  const std::shared_ptr<JsCaller>& caller() const { return caller_; }

 private:
  static GstBusSyncReply on_message(GstBus* bus, GstMessage* message, gpointer self);

  std::shared_ptr<JsCaller> caller_;
  GstElement* pipeline_ = nullptr;  // compared only
};

}  // namespace kvs
