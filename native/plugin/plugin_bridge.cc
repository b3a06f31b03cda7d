#include "plugin_bridge.h"

#include <utility>

#include "host_link.h"

namespace kvs {

PluginBridge::PluginBridge(uint32_t id, OpenRequest request)
    : id_(id), queue_(id, request.limits), listener_(std::move(request.listener)) {
  Control open{ElementMessage::kOpen};
  open.payload = request.config_json;
  open.retain_key = "open";
  queue_.push_control(open);
}

PushResult PluginBridge::push_frame(ElementHeader header, const Chunk* chunks, size_t count) {
  const PushResult result = queue_.push_frame(header, chunks, count);
  if (result == PushResult::kQueued) HostLink::instance().wake();
  return result;
}

void PluginBridge::push_control(const Control& control) {
  if (control.type == ElementMessage::kDrain) drains_.asked();
  queue_.push_control(control);
  HostLink::instance().wake();
}

DrainWait PluginBridge::wait_drained(uint64_t timeout_ms) {
  if (HostLink::instance().on_own_thread()) return DrainWait::kCannotWait;
  return drains_.wait(timeout_ms);
}

void PluginBridge::interrupt() {
  drains_.interrupt();
}

void PluginBridge::close() {
  queue_.close();
  closing_ = true;
  HostLink::instance().wake();
}

void PluginBridge::deliver(HostMessage event, uint64_t code, std::string_view payload) {
  if (event == HostMessage::kCredit) {
    queue_.credit(code);
    return;
  }
  if (closing_) return;
  listener_->on_message(event, code, payload);
  if (event == HostMessage::kDrained) {
    queue_.forget("!drain");
    drains_.answered();
  }
  if (event == HostMessage::kError) drains_.fail();
}

void PluginBridge::host_lost(const std::string& reason) {
  queue_.restart();
  lost_reason_ = reason;
  if (!closing_) listener_->on_host_lost(reason);
}

void PluginBridge::report_resumed() {
  Loss loss;
  if (queue_.take_resumed(&loss) && !closing_) listener_->on_host_resumed(lost_reason_, loss);
}

void PluginBridge::host_failed(const std::string& reason) {
  // The reason first: what a source posts that is let go of by the next line hides it otherwise.
  if (!closing_) listener_->on_host_failed(reason);
  // Nobody will make room any more; a blocked streaming thread must not wait for it.
  queue_.set_flushing(true);
  drains_.fail();
}

}  // namespace kvs
