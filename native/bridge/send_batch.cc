#include "send_batch.h"

#include <algorithm>  // std::max, std::min

namespace kvs {

namespace {

/// So long a batch that has ended waits for those of other elements, if its interval allows it:
/// cameras of one frame rate whose pictures come at about the same time are sent together.
constexpr uint64_t kGatherNs = 8'000'000;

}  // namespace

SendBatch::SendBatch(std::chrono::milliseconds interval)
    : interval_ns_(static_cast<uint64_t>(std::chrono::nanoseconds(interval).count())) {}

SendBatch::Then SendBatch::frame_queued(const ElementHeader& frame) {
  std::lock_guard lock(mutex_);
  const Place place = place_of(frame);
  if (due_ns_ == 0) return Then::kWakeNow;
  switch (place) {
    case Place::kHurries:
      due_ns_ = 0;
      return Then::kWakeNow;
    case Place::kEnds:
      if (has_ended_) return Then::kNothing;
      has_ended_ = true;
      due_ns_ = std::min(due_ns_, frame.monotonic_ns + kGatherNs);
      return Then::kWakeSoon;
    case Place::kWaits:
      if (due_ns_ != kTimeNone) return Then::kNothing;
      due_ns_ = frame.monotonic_ns + interval_ns_;
      return Then::kWakeThen;
  }
  return Then::kWakeNow;
}

SendBatch::Place SendBatch::place_of(const ElementHeader& frame) {
  if (interval_ns_ == 0) return Place::kHurries;
  const bool is_key_frame = (frame.flags & kKeyFrame) != 0;
  if (!is_key_frame) tracks_with_deltas_.set(frame.track);
  // Nobody can use it before its last piece.
  if ((frame.flags & kPiece) != 0 && (frame.flags & kLastPiece) == 0) return Place::kWaits;
  pause_ns_ = frame.monotonic_ns - newest_ns_;
  newest_ns_ = frame.monotonic_ns;
  if (is_key_frame && tracks_with_deltas_.test(frame.track)) return Place::kHurries;
  // The next one will be as late.
  if (pause_ns_ >= interval_ns_) return Place::kHurries;
  if (has_ended_) return Place::kEnds;
  // Half of the time has passed: to wait for another would delay all of them for the sake of one.
  const bool ends = due_ns_ != kTimeNone && frame.monotonic_ns >= due_ns_ - interval_ns_ / 2;
  return ends ? Place::kEnds : Place::kWaits;
}

void SendBatch::send_now() {
  std::lock_guard lock(mutex_);
  due_ns_ = 0;
}

bool SendBatch::is_due(uint64_t now_ns) {
  std::lock_guard lock(mutex_);
  return due_ns_ != kTimeNone && (has_ended_ || due_ns_ <= now_ns);
}

uint64_t SendBatch::due_ns() {
  std::lock_guard lock(mutex_);
  return due_ns_;
}

bool SendBatch::ends_by(uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  if (due_ns_ == kTimeNone || due_ns_ == 0 || has_ended_) return false;
  const uint64_t next_ns = std::max(newest_ns_ + pause_ns_, due_ns_ - interval_ns_ / 2);
  return next_ns <= time_ns;
}

void SendBatch::taken() {
  std::lock_guard lock(mutex_);
  due_ns_ = kTimeNone;
  has_ended_ = false;
}

}  // namespace kvs
