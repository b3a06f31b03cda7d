// The bridge of kvssink_addon.node: a queue that JavaScript pulls from.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "../bridge/drain_counter.h"
#include "../bridge/element_queue.h"
#include "js_caller.h"

namespace kvs {

class AddonBridge final : public Bridge {
 public:
  AddonBridge(uint32_t id, OpenRequest request);

  uint32_t id() const override { return id_; }
  PushResult push_frame(ElementHeader header, const Chunk* chunks, size_t count) override;
  void push_control(const Control& control) override;
  Loss take_loss() override { return queue_.take_loss(); }
  void set_flushing(bool flushing) override { queue_.set_flushing(flushing); }
  void set_track_flushing(uint8_t track, bool flushing) override {
    queue_.set_track_flushing(track, flushing);
  }
  DrainWait wait_drained(uint64_t timeout_ms) override;
  void interrupt() override;
  void close() override;

  // For the addon, on the JavaScript thread.
  int64_t pull(uint8_t* slab, size_t size);
  bool forgotten();
  void deliver(HostMessage event, uint64_t code, std::string_view payload);
  /// JavaScript is going away: nobody will pull any more.
  void abandon();

 private:
  void ring();

  const uint32_t id_;
  ElementQueue queue_;
  const std::shared_ptr<BridgeListener> listener_;
  /// The bell was rung and the queue not yet pulled empty.
  std::atomic<bool> scheduled_{false};
  std::atomic<bool> closing_{false};

  DrainCounter drains_;
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
