// The bridge of libgstkvssink.so: a queue that the process-wide host link empties.
#pragma once

#include <atomic>
#include <string>

#include "../bridge/drain_counter.h"
#include "../bridge/element_queue.h"

namespace kvs {

class PluginBridge final : public Bridge {
 public:
  PluginBridge(uint32_t id, OpenRequest request);

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

  // For the host link, on its thread.
  ElementQueue& queue() { return queue_; }
  bool closing() const { return closing_; }
  void deliver(HostMessage event, uint64_t code, std::string_view payload);
  void host_lost(const std::string& reason);
  void host_failed(const std::string& reason);
  /// Tells the listener once frames go on after host_lost.
  void report_resumed();

 private:
  const uint32_t id_;
  ElementQueue queue_;
  const std::shared_ptr<BridgeListener> listener_;
  std::atomic<bool> closing_{false};
  std::string lost_reason_;  // host link's thread only

  DrainCounter drains_;
};

}  // namespace kvs
