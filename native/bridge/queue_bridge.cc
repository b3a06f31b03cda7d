#include "queue_bridge.h"

#include <algorithm>  // std::min
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace kvs {

namespace {

/// An application's callback may wait for the very thread that closes; then it is not waited for.
constexpr std::chrono::milliseconds kLongestCallback{1'000};

/// A decimal number, blanks in front of it aside.
template <typename Number>
std::optional<Number> number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
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
  if (result != PushResult::kQueued) return result;
  if (when_full == WhenFull::kDropOldest) {
    live_frame_queued(header);
  } else {
    waiting_frame_queued();
  }
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
    case HostMessage::kSettled:
      queue_.settled(code, number<uint64_t>(payload).value_or(code));
      return;
    case HostMessage::kTimebase: {
      const auto blank = payload.find(' ');
      const auto clock_ns = number<int64_t>(payload.substr(0, blank));
      const auto position = number<uint64_t>(payload.substr(std::min(blank, payload.size())));
      queue_.told_timebase(position.value_or(UINT64_MAX),
                           {code, clock_ns ? static_cast<uint64_t>(*clock_ns) : kTimeNone});
      return;
    }
    default:
      break;
  }
  tell([&](BridgeListener& listener) { listener.on_message(event, code, payload); });
  if (event == HostMessage::kDrained) {
    queue_.drained();
    drains_.answered();
  }
  if (event == HostMessage::kError) drains_.fail();
}

void QueueBridge::abandon() {
  queue_.set_flushing(true);
  drains_.fail();
}

}  // namespace kvs
