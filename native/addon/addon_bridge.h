// The bridge of kvssink_addon.node: a queue that JavaScript pulls from.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "../bridge/doorbell.h"
#include "../bridge/queue_bridge.h"
#include "js_caller.h"

namespace kvs {

class AddonBridge final : public QueueBridge {
 public:
  using QueueBridge::QueueBridge;

  // For the addon, on the JavaScript thread.
  /// As ElementQueue::pull. JavaScript calls it again, unless there was nothing.
  int64_t pull(uint8_t* slab, size_t size);
  bool forgotten();
  /// JavaScript is going away: nobody will pull any more.
  using QueueBridge::abandon;

 private:
  void wake() override;
  bool on_core_thread() const override;
  void close_queue() override;

  Doorbell bell_;
};

/// All bridges of the process and the bell to JavaScript. Never destroyed: streaming threads
/// outlive the JavaScript environment.
class AddonCore {
 public:
  static AddonCore& instance();

  void start(Napi::Env env, Napi::Function on_doorbell);
  void hold(Napi::Env env, bool alive);
  std::shared_ptr<AddonBridge> open(OpenRequest request, std::string* error);
  std::shared_ptr<AddonBridge> find(uint32_t id);
  void forget(uint32_t id);
  void ring(uint32_t id);
  /// Null before start.
  std::shared_ptr<JsCaller> bell();
  bool on_javascript_thread() const { return javascript_thread_ == std::this_thread::get_id(); }

  void element_created(GstElement* element);
  /// Top-level pipeline of the latest kvssink that has one and is not adopted yet; owned by caller.
  GstElement* find_pipeline();

 private:
  AddonCore() = default;
  void stop();

  std::mutex mutex_;
  std::map<uint32_t, std::shared_ptr<AddonBridge>> bridges_;
  uint32_t next_id_ = 1;
  bool started_ = false;
  std::shared_ptr<JsCaller> bell_;
  std::thread::id javascript_thread_;
  std::vector<std::unique_ptr<GWeakRef>> elements_;
};

}  // namespace kvs
