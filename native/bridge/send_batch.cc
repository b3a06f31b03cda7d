#include "send_batch.h"

#include <utility>  // std::exchange

namespace kvs {

SendBatch::SendBatch(std::chrono::milliseconds interval)
    : interval_ns_(static_cast<uint64_t>(std::chrono::nanoseconds(interval).count())) {}

SendBatch::Then SendBatch::frame_queued(const ElementHeader& frame) {
  std::lock_guard lock(mutex_);
  if (due_ns_ == 0) return Then::kWakeNow;
  if (!may_wait(frame)) {
    due_ns_ = 0;
    return Then::kWakeNow;
  }
  if (due_ns_ != kTimeNone) return Then::kNothing;
  due_ns_ = frame.monotonic_ns + interval_ns_;
  return Then::kWakeThen;
}

bool SendBatch::may_wait(const ElementHeader& frame) {
  if (interval_ns_ == 0) return false;
  const bool is_key_frame = (frame.flags & kKeyFrame) != 0;
  if (!is_key_frame) tracks_with_deltas_.set(frame.track);
  // Nobody can use it before its last piece.
  if ((frame.flags & kPiece) != 0 && (frame.flags & kLastPiece) == 0) return true;
  const uint64_t pause_ns = frame.monotonic_ns - std::exchange(newest_ns_, frame.monotonic_ns);
  if (is_key_frame && tracks_with_deltas_.test(frame.track)) return false;
  // The next one will be as late.
  if (pause_ns >= interval_ns_) return false;
  // Half of the time has passed: to wait for another would delay all of them for the sake of one.
  return due_ns_ == kTimeNone || frame.monotonic_ns < due_ns_ - interval_ns_ / 2;
}

void SendBatch::send_now() {
  std::lock_guard lock(mutex_);
  due_ns_ = 0;
}

bool SendBatch::is_due(uint64_t now_ns) {
  std::lock_guard lock(mutex_);
  return due_ns_ != kTimeNone && due_ns_ <= now_ns;
}

uint64_t SendBatch::due_ns() {
  std::lock_guard lock(mutex_);
  return due_ns_;
}

void SendBatch::taken() {
  std::lock_guard lock(mutex_);
  due_ns_ = kTimeNone;
}

}  // namespace kvs
