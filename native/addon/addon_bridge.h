// The bridge of kvssink_addon.node: a queue that JavaScript pulls from.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <condition_variable>  // std::condition_variable
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>  // std::move
#include <vector>

#include "../bridge/doorbell.h"
#include "../bridge/queue_bridge.h"
#include "../bridge/send_batch.h"
#include "js_caller.h"

namespace kvs {

class AddonBridge final : public QueueBridge {
 public:
  AddonBridge(uint32_t id, OpenRequest request)
      : QueueBridge(id, std::move(request)), batch_(request.send_interval) {}

  /// JavaScript is to pull, unless it knows already. @param call tells it
  template <typename Call>
  void ring(Call call) {
    batch_.send_now();
    if (bell_.ring()) call(id());
  }
  // As SendBatch has them.
  bool is_due(uint64_t now_ns) { return batch_.is_due(now_ns); }
  uint64_t due_ns() { return batch_.due_ns(); }
  bool ends_by(uint64_t time_ns) { return batch_.ends_by(time_ns); }

  // For the addon, on the JavaScript thread.
  /// As ElementQueue::pull. JavaScript calls it again, unless there was nothing.
  int64_t pull(uint8_t* slab, size_t size);
  bool forgotten();
  /// JavaScript is going away: nobody will pull any more.
  using QueueBridge::abandon;

 private:
  void wake() override;
  void live_frame_queued(const ElementHeader& frame) override;
  bool on_core_thread() const override;
  void close_queue() override;

  SendBatch batch_;
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
  /// JavaScript is to pull from a bridge.
  void ring(uint32_t id);
  /// And from all whose batches are due or have ended: it wakes up only once.
  void ring_due();
  /// The same, or by a time if batches of others end until then.
  void ring_with_others_by(uint64_t time_ns);
  /// The same, by a time.
  void ring_by(uint64_t time_ns);
  /// Null before start.
  std::shared_ptr<JsCaller> bell();
  bool on_javascript_thread() const { return javascript_thread_ == std::this_thread::get_id(); }

  void element_created(GstElement* element);
  /// Top-level pipeline of the latest kvssink that has one and is not adopted yet; owned by caller.
  GstElement* find_pipeline();

 private:
  AddonCore() = default;
  void stop();
  // With the lock held.
  bool ensure_timer();
  void call_bell(uint32_t id);
  void ring_all_due();
  // The thread that sees to batches that nothing else ends.
  void run_timer();

  std::mutex mutex_;
  std::map<uint32_t, std::shared_ptr<AddonBridge>> bridges_;
  uint32_t next_id_ = 1;
  bool started_ = false;
  std::shared_ptr<JsCaller> bell_;
  bool has_timer_ = false;
  std::condition_variable timer_;
  /// The timer's thread looks by then, or, at kTimeNone, when it is told to.
  uint64_t looks_by_ns_ = kTimeNone;
  std::thread::id javascript_thread_;
  std::vector<std::unique_ptr<GWeakRef>> elements_;
};

}  // namespace kvs
