#include "element_queue.h"

#include <algorithm>  // std::min
#include <utility>    // std::exchange

#include "monotonic.h"

namespace kvs {

ElementQueue::ElementQueue(uint32_t element, QueueLimits limits)
    : limits_(limits), log_(element), outbox_(element, log_, limits.max_held_bytes) {}

PushResult ElementQueue::push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                                    WhenFull when_full) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += chunks[i].size;
  if (size > kMaxPayloadBytes) return PushResult::kTooLarge;
  header.type = ElementMessage::kFrame;
  header.size = static_cast<uint32_t>(size);

  std::unique_lock lock(mutex_);
  const auto flushing = [&] { return flushing_ || closed_ || flushing_tracks_[header.track]; };
  if (when_full == WhenFull::kWait) {
    room_.wait(lock, [&] { return flushing() || may_pass(header.track, message_bytes(header)); });
  }
  if (flushing()) return PushResult::kFlushing;

  if (when_full == WhenFull::kDropOldest) make_room(header);
  if (tracks_with_gap_[header.track]) header.flags |= kAfterDrop;
  const bool queued = log_.append(header, chunks, count);
  tracks_with_gap_[header.track] = !queued;
  if (!queued) outbox_.count_lost(header);
  has_loss_ = static_cast<bool>(outbox_.dropped());
  return queued ? PushResult::kQueued : PushResult::kDropped;
}

/// A track may always have one frame waiting (be it larger than the whole queue), and always a
/// quarter of the queue: one track's backlog must not keep the other from being heard.
bool ElementQueue::may_pass(uint8_t track, size_t bytes) const {
  const size_t limit = std::min(limits_.max_bytes, limits_.max_waiting_bytes);
  const uint64_t of_track = log_.track(track).waiting_bytes;
  return outbox_.unsent_bytes() + bytes <= limit || of_track == 0 || of_track + bytes <= limit / 4;
}

/// As the content store does it: what is newest stays, and the oldest goes.
void ElementQueue::make_room(const ElementHeader& header) {
  while (is_full_for(header) && outbox_.drop_oldest_frame()) {
  }
}

bool ElementQueue::is_full_for(const ElementHeader& header) const {
  if (log_.waiting_bytes() == 0) return false;
  if (outbox_.unsent_bytes() + message_bytes(header) > limits_.max_bytes) return true;
  return log_.next().monotonic_ns + limits_.max_duration_ns < header.monotonic_ns;
}

void ElementQueue::push_control(const Control& control) {
  ElementHeader header;
  header.type = control.type;
  header.track = control.track;
  header.pts_ns = control.pts_ns;
  header.duration_ns = control.duration_ns;
  header.monotonic_ns = monotonic_ns();
  header.size = static_cast<uint32_t>(control.payload.size());
  const Chunk chunk{control.payload.data(), control.payload.size()};

  std::lock_guard lock(mutex_);
  if (!closed_) log_.append(header, &chunk, 1, control.retain_key);
}

Loss ElementQueue::take_loss() {
  std::lock_guard lock(mutex_);
  has_loss_ = false;
  return std::exchange(outbox_.dropped(), {});
}

void ElementQueue::set_flushing(bool flushing) {
  std::lock_guard lock(mutex_);
  flushing_ = flushing;
  room_.notify_all();
}

void ElementQueue::set_track_flushing(uint8_t track, bool flushing) {
  std::lock_guard lock(mutex_);
  flushing_tracks_[track] = flushing;
  room_.notify_all();
}

void ElementQueue::close() {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  room_.notify_all();
  // A host that was never sent anything of the element is not sent its end.
  if (!outbox_.close()) return;
  ElementHeader header;
  header.type = ElementMessage::kClose;
  log_.append(header, nullptr, 0);
}

bool ElementQueue::empty() {
  std::lock_guard lock(mutex_);
  return outbox_.empty();
}

int64_t ElementQueue::pull(uint8_t* out, size_t capacity) {
  std::lock_guard lock(mutex_);
  const int64_t copied = outbox_.pull(out, capacity);
  has_loss_ = static_cast<bool>(outbox_.dropped());
  if (copied > 0) room_.notify_all();
  return copied;
}

bool ElementQueue::in_message() {
  std::lock_guard lock(mutex_);
  return outbox_.in_message();
}

bool ElementQueue::sendable() {
  std::lock_guard lock(mutex_);
  return outbox_.sendable_bytes() > 0;
}

void ElementQueue::credit(uint64_t total) {
  std::lock_guard lock(mutex_);
  outbox_.credit(total);
}

void ElementQueue::settled(uint64_t frames_from, uint64_t metadata_from) {
  std::lock_guard lock(mutex_);
  outbox_.settled(frames_from, metadata_from);
}

bool ElementQueue::has_settled() {
  std::lock_guard lock(mutex_);
  return outbox_.has_settled();
}

void ElementQueue::drained() {
  std::lock_guard lock(mutex_);
  outbox_.drained();
}

void ElementQueue::told_timebase(uint64_t position, Timebase timebase) {
  std::lock_guard lock(mutex_);
  outbox_.told_timebase(position, timebase);
}

void ElementQueue::restart(HostDeath death) {
  std::lock_guard lock(mutex_);
  outbox_.restart(death);
  // The next host never hears of an element that is gone.
  if (closed_) outbox_.close();
  room_.notify_all();
}

bool ElementQueue::has_resumed() {
  std::lock_guard lock(mutex_);
  return outbox_.has_resumed();
}

bool ElementQueue::take_resumed(Loss* loss) {
  std::lock_guard lock(mutex_);
  return outbox_.take_resumed(loss);
}

}  // namespace kvs
