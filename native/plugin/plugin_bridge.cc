#include "plugin_bridge.h"

#include <chrono>
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
  if (control.type == ElementMessage::kDrain) {
    std::lock_guard lock(mutex_);
    if (!failed_) drain_ = Drain::kNo;
  }
  queue_.push_control(control);
  HostLink::instance().wake();
}

DrainWait PluginBridge::wait_drained(uint64_t timeout_ms) {
  if (HostLink::instance().on_own_thread()) return DrainWait::kCannotWait;
  std::unique_lock lock(mutex_);
  const bool ended = ended_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                     [this] { return drain_ != Drain::kNo; });
  if (!ended) return DrainWait::kTimeout;
  return drain_ == Drain::kDrained ? DrainWait::kDrained : DrainWait::kInterrupted;
}

void PluginBridge::interrupt() {
  end_wait(Drain::kInterrupted);
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
  if (event == HostMessage::kDrained) end_wait(Drain::kDrained);
  if (event == HostMessage::kError) end_wait(Drain::kInterrupted, true);
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
  end_wait(Drain::kInterrupted, true);
}

void PluginBridge::end_wait(Drain how, bool failed) {
  std::lock_guard lock(mutex_);
  failed_ = failed_ || failed;
  drain_ = how;
  ended_.notify_all();
}

}  // namespace kvs
