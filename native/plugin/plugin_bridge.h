// The bridge of libgstkvssink.so: a queue that the process-wide host link empties.
#pragma once

#include <string>
#include <utility>

#include "../bridge/queue_bridge.h"

namespace kvs {

class PluginBridge final : public QueueBridge {
 public:
  PluginBridge(uint32_t id, OpenRequest request)
      : QueueBridge(id, std::move(request)), limits_(request.host) {}

  const HostLimits& limits() const { return limits_; }

  // For the host link, on its thread.
  ElementQueue& queue() { return queue_; }
  void host_lost(const std::string& reason, HostDeath death);
  void host_failed(const std::string& reason);
  /// Tells the listener once frames go on after host_lost.
  void report_resumed();

 private:
  void wake() override;
  bool on_core_thread() const override;

  const HostLimits limits_;
  std::string lost_reason_;  // host link's thread only
};

}  // namespace kvs
