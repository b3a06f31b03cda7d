// The bridge of libgstkvssink.so: a queue that the process-wide host link empties.
#pragma once

#include <string>
#include <utility>

#include "../bridge/queue_bridge.h"
#include "../bridge/send_batch.h"

namespace kvs {

class PluginBridge final : public QueueBridge {
 public:
  PluginBridge(uint32_t id, OpenRequest request)
      : QueueBridge(id, std::move(request)), limits_(request.host), batch_(request.send_interval) {}

  const HostLimits& limits() const { return limits_; }

  // For the host link.
  ElementQueue& queue() { return queue_; }
  SendBatch& batch() { return batch_; }
  /// The host has consumed something: there may be room for more.
  void credited();
  void host_lost(const std::string& reason, HostDeath death);
  void host_failed(const std::string& reason);
  /// Tells the listener once frames go on after host_lost.
  void report_resumed();

 private:
  void wake() override;
  void live_frame_queued(const ElementHeader& frame) override;
  void waiting_frame_queued() override;
  bool on_core_thread() const override;

  const HostLimits limits_;
  SendBatch batch_;
  std::string lost_reason_;  // host link's thread only
};

}  // namespace kvs
