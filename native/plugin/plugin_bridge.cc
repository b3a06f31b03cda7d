#include "plugin_bridge.h"

#include "host_link.h"

namespace kvs {

void PluginBridge::wake() {
  HostLink::instance().wake();
}

bool PluginBridge::on_core_thread() const {
  return HostLink::instance().on_own_thread();
}

void PluginBridge::host_lost(const std::string& reason, HostDeath death) {
  queue_.restart(death);
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
