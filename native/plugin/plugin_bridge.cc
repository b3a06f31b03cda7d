#include "plugin_bridge.h"

#include "host_link.h"

namespace kvs {

void PluginBridge::wake() {
  batch_.send_now();
  HostLink::instance().wake();
}

void PluginBridge::waiting_frame_queued() {
  batch_.send_now();
  HostLink::instance().send_or_wake();
}

void PluginBridge::live_frame_queued(const ElementHeader& frame) {
  switch (batch_.frame_queued(frame)) {
    case SendBatch::Then::kWakeNow:
      return HostLink::instance().send_or_wake();
    case SendBatch::Then::kWakeSoon:
      return HostLink::instance().send_with_others_by(batch_.due_ns());
    case SendBatch::Then::kWakeThen:
      return HostLink::instance().send_by(batch_.due_ns());
    case SendBatch::Then::kNothing:
      return;
  }
}

bool PluginBridge::on_core_thread() const {
  return HostLink::instance().on_own_thread();
}

void PluginBridge::credited() {
  if (batch_.due_ns() == kTimeNone && queue_.sendable()) batch_.send_now();
}

void PluginBridge::host_lost(const std::string& reason, HostDeath death) {
  queue_.restart(death);
  batch_.send_now();
  lost_reason_ = reason;
  tell([&](BridgeListener& listener) { listener.on_host_lost(reason); });
}

void PluginBridge::report_resumed() {
  Loss loss;
  if (!queue_.take_resumed(&loss)) return;
  tell([&](BridgeListener& listener) { listener.on_host_resumed(lost_reason_, loss); });
}

void PluginBridge::host_failed(const std::string& reason) {
  // The reason first: what a source posts that is let go of by the next line hides it otherwise.
  tell([&](BridgeListener& listener) { listener.on_host_failed(reason); });
  // Nobody will make room any more; a blocked streaming thread must not wait for it.
  abandon();
}

}  // namespace kvs
