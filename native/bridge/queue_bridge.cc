#include "queue_bridge.h"

#include <charconv>
#include <chrono>
#include <utility>

namespace kvs {

namespace {

/// An application's callback may wait for the very thread that closes; then it is not waited for.
constexpr std::chrono::milliseconds kLongestCallback{1'000};

/// A decimal int64 as the wire's headers have it; what is no number is "none".
uint64_t signed_time(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? static_cast<uint64_t>(value) : kTimeNone;
}

}  // namespace

QueueBridge::QueueBridge(uint32_t id, OpenRequest request)
    : queue_(id, request.limits), id_(id), listener_(std::move(request.listener)) {
  Control open{ElementMessage::kOpen};
  open.payload = request.config_json;
  open.retain_key = "open";
  queue_.push_control(open);
}

PushResult QueueBridge::push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                                   WhenFull when_full) {
  const PushResult result = queue_.push_frame(header, chunks, count, when_full);
  if (result == PushResult::kQueued) wake();
  return result;
}

void QueueBridge::push_control(const Control& control) {
  if (control.type == ElementMessage::kDrain) drains_.asked();
  queue_.push_control(control);
  wake();
}

DrainWait QueueBridge::wait_drained(uint64_t timeout_ms) {
  if (on_core_thread()) return DrainWait::kCannotWait;
  return drains_.wait(timeout_ms);
}

/// After it the listener is not called, and no call is under way that holds the element.
void QueueBridge::close() {
  closing_ = true;
  close_queue();
  wake();
  if (!on_core_thread()) std::unique_lock wait(telling_, kLongestCallback);
}

void QueueBridge::deliver(HostMessage event, uint64_t code, std::string_view payload) {
  switch (event) {
    case HostMessage::kCredit:
      queue_.credit(code);
      return;
    case HostMessage::kTimebase:
      queue_.retain_timebase(code, signed_time(payload));
      return;
    default:
      break;
  }
  tell([&](BridgeListener& listener) { listener.on_message(event, code, payload); });
  if (event == HostMessage::kDrained) {
    queue_.forget("!drain");
    queue_.forget(kTimebaseKey);
    drains_.answered();
  }
  if (event == HostMessage::kError) drains_.fail();
}

void QueueBridge::abandon() {
  queue_.set_flushing(true);
  drains_.fail();
}

}  // namespace kvs
