#include "element_queue.h"

#include <algorithm>  // std::find_if
#include <chrono>
#include <cstring>

namespace kvs {

namespace {

uint64_t monotonic_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

}  // namespace

ElementQueue::ElementQueue(uint32_t element, QueueLimits limits)
    : element_(element), limits_(limits) {}

PushResult ElementQueue::push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                                    WhenFull when_full) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += chunks[i].size;
  if (size > kMaxPayloadBytes) return PushResult::kTooLarge;
  header.type = ElementMessage::kFrame;
  header.size = static_cast<uint32_t>(size);

  std::unique_lock lock(mutex_);
  TrackState& track = tracks_[header.track];
  const auto flushing = [&] { return flushing_ || closed_ || track.flushing; };
  if (when_full == WhenFull::kWait) {
    room_.wait(lock, [&] { return flushing() || may_pass(track, message_bytes(header)); });
  }
  if (flushing()) return PushResult::kFlushing;

  if (when_full == WhenFull::kDropOldest) make_room(header);
  if (!append(header, chunks, count)) {
    lose(header, loss_);
    return PushResult::kDropped;
  }
  track.queued_bytes += message_bytes(header);
  if ((header.flags & kKeyFrame) != 0) track.queued_key_frames++;
  return PushResult::kQueued;
}

/// A track may always have one frame waiting (be it larger than the whole queue), and always a
/// quarter of the queue: one track's backlog must not keep the other from being heard.
bool ElementQueue::may_pass(const TrackState& track, size_t bytes) const {
  const size_t limit = std::min(limits_.max_bytes, limits_.max_waiting_bytes);
  return bytes_.used() + bytes <= limit || track.queued_bytes == 0 ||
         track.queued_bytes + bytes <= limit / 4;
}

/// As the content store does it: what is newest stays, and the oldest goes.
void ElementQueue::make_room(const ElementHeader& header) {
  while (is_full_for(header) && drop_oldest_frame()) {
  }
}

bool ElementQueue::is_full_for(const ElementHeader& header) const {
  if (bytes_.used() == 0) return false;
  if (bytes_.used() + message_bytes(header) > limits_.max_bytes) return true;
  return head().monotonic_ns + limits_.max_duration_ns < header.monotonic_ns;
}

/// @returns false when no frame waits.
bool ElementQueue::drop_oldest_frame() {
  set_begun_message_apart();
  while (bytes_.used() > 0) {
    const ElementHeader header = head();
    if (header.type == ElementMessage::kFrame) {
      lose(header, loss_);
      pop(header);
      return true;
    }
    first_.push_back(take_head());
  }
  return false;
}

/// What is partly on the wire must be finished, whatever becomes of what waits behind it.
void ElementQueue::set_begun_message_apart() {
  if (head_sent_ > 0 && first_.empty()) first_.push_back(take_head());
}

void ElementQueue::lose(const ElementHeader& header, Loss& loss) {
  loss.add(header.size, header.pts_ns);
  has_loss_ = static_cast<bool>(loss_);
  tracks_[header.track].seeks_key_frame = true;
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
  if (closed_ || !append(header, &chunk, 1)) return;
  if (!control.retain_key.empty()) retain_keys_[header.sequence] = control.retain_key;
}

/// @returns false when there is no memory for it.
bool ElementQueue::append(ElementHeader& header, const Chunk* chunks, size_t count) {
  if (!bytes_.reserve(message_bytes(header))) return false;
  header.sequence = sequence_++;
  header.element = element_;
  bytes_.append(&header, sizeof(header));
  for (size_t i = 0; i < count; i++) bytes_.append(chunks[i].data, chunks[i].size);
  return true;
}

Loss ElementQueue::take_loss() {
  std::lock_guard lock(mutex_);
  has_loss_ = false;
  return std::exchange(loss_, {});
}

void ElementQueue::set_flushing(bool flushing) {
  std::lock_guard lock(mutex_);
  flushing_ = flushing;
  room_.notify_all();
}

void ElementQueue::set_track_flushing(uint8_t track, bool flushing) {
  std::lock_guard lock(mutex_);
  tracks_[track].flushing = flushing;
  room_.notify_all();
}

void ElementQueue::close() {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  room_.notify_all();
  // The message whose beginning is on the wire must be finished; the rest goes.
  set_begun_message_apart();
  first_.resize(head_sent_ > 0 ? 1 : 0);
  bytes_.clear();
  retain_keys_.clear();
  // Who never heard of the element need not hear of its end.
  if (!known_) return;
  ElementHeader header;
  header.type = ElementMessage::kClose;
  append(header, nullptr, 0);
}

void ElementQueue::forget(const std::string& retain_key) {
  std::lock_guard lock(mutex_);
  retained_.erase(std::remove_if(retained_.begin(), retained_.end(),
                                 [&](const auto& entry) { return entry.first == retain_key; }),
                  retained_.end());
}

bool ElementQueue::empty() {
  std::lock_guard lock(mutex_);
  return bytes_.used() == 0 && first_.empty();
}

int64_t ElementQueue::pull(uint8_t* out, size_t capacity) {
  std::lock_guard lock(mutex_);
  size_t copied = 0;
  for (;;) {
    skip_to_key_frames();
    const bool is_first = !first_.empty();
    if (!is_first && bytes_.used() == 0) break;
    const size_t bytes = is_first ? first_.front().message.size() : message_bytes(head());
    if (bytes > capacity - copied) {
      if (copied == 0) return -static_cast<int64_t>(bytes);
      break;
    }
    if (is_first) {
      std::memcpy(out + copied, first_.front().message.data(), bytes);
      first_.pop_front();
    } else {
      bytes_.peek(0, out + copied, bytes);
      pop(head());
    }
    copied += bytes;
    known_ = true;
  }
  if (copied > 0) room_.notify_all();
  return static_cast<int64_t>(copied);
}

ElementHeader ElementQueue::head() const {
  ElementHeader header;
  bytes_.peek(0, &header, sizeof(header));
  return header;
}

/// The oldest message that waits, which leaves the queue.
ElementQueue::First ElementQueue::take_head() {
  const ElementHeader header = head();
  std::string message(message_bytes(header), '\0');
  bytes_.peek(0, message.data(), message.size());
  const bool is_retained = remember(header);
  pop(header);
  return {std::move(message), is_retained};
}

void ElementQueue::pop(const ElementHeader& header) {
  if (header.type == ElementMessage::kFrame) {
    TrackState& track = tracks_[header.track];
    track.queued_bytes -= message_bytes(header);
    if ((header.flags & kKeyFrame) != 0) track.queued_key_frames--;
  }
  retain_keys_.erase(header.sequence);
  bytes_.drop(message_bytes(header));
}

bool ElementQueue::in_message() {
  std::lock_guard lock(mutex_);
  return head_sent_ > 0;
}

bool ElementQueue::sendable() {
  std::lock_guard lock(mutex_);
  return allowed_bytes() > 0;
}

void ElementQueue::credit(uint64_t total) {
  std::lock_guard lock(mutex_);
  credited_bytes_ = total;
  while (!unconsumed_.empty() && unconsumed_.front().end <= total) unconsumed_.pop_front();
}

/// Behind a gap, frames up to the next key frame that waits are of no use to anybody.
void ElementQueue::skip_to_key_frames() {
  if (head_sent_ > 0 || !first_.empty()) return;
  bool dropped = false;
  while (bytes_.used() > 0) {
    ElementHeader header = head();
    TrackState& track = tracks_[header.track];
    if (header.type != ElementMessage::kFrame || !track.seeks_key_frame) break;
    if ((header.flags & kKeyFrame) != 0 || track.queued_key_frames == 0) {
      track.seeks_key_frame = false;
      header.flags |= kAfterDrop;
      bytes_.poke(0, &header, sizeof(header));
      resumed_ = resumed_ || resuming_;
      resuming_ = false;
      break;
    }
    lose(header, resuming_ ? restart_loss_ : loss_);
    pop(header);
    dropped = true;
  }
  if (dropped) room_.notify_all();
}

/// How many bytes from head_sent_ on may be written now.
size_t ElementQueue::allowed_bytes() {
  skip_to_key_frames();
  if (!first_.empty()) return first_.front().message.size() - head_sent_;
  size_t bytes = 0;
  while (bytes + head_sent_ < bytes_.used() && bytes < kQuantumBytes) {
    const bool window_open = sent_bytes_ + bytes < credited_bytes_ + kCreditWindowBytes;
    const bool rest_of_message = bytes == 0 && head_sent_ > 0;
    if (!window_open && !rest_of_message && !closed_) break;
    ElementHeader header;
    const size_t offset = bytes == 0 ? 0 : bytes + head_sent_;
    bytes_.peek(offset, &header, sizeof(header));
    // What waits for a key frame is looked at when it is at the head.
    if (bytes > 0 && header.type == ElementMessage::kFrame &&
        tracks_[header.track].seeks_key_frame) {
      break;
    }
    bytes += message_bytes(header) - (bytes == 0 ? head_sent_ : 0);
  }
  return bytes;
}

/// Takes note that `bytes` more from head_sent_ on were written.
void ElementQueue::sent(size_t bytes) {
  known_ = known_ || bytes > 0;
  head_sent_ += bytes;
  if (!first_.empty()) {
    const std::string& message = first_.front().message;
    if (head_sent_ < message.size()) return;
    sent_bytes_ += message.size();
    ElementHeader header;
    std::memcpy(&header, message.data(), sizeof(header));
    if (header.type == ElementMessage::kFrame) {
      unconsumed_.push_back({sent_bytes_, header.size, header.pts_ns});
    }
    first_.pop_front();
    head_sent_ = 0;
    return;
  }
  bool popped = false;
  while (bytes_.used() >= sizeof(ElementHeader)) {
    const ElementHeader header = head();
    if (head_sent_ < message_bytes(header)) break;
    head_sent_ -= message_bytes(header);
    sent_bytes_ += message_bytes(header);
    if (header.type == ElementMessage::kFrame) {
      unconsumed_.push_back({sent_bytes_, header.size, header.pts_ns});
    }
    remember(header);
    pop(header);
    popped = true;
  }
  if (popped) room_.notify_all();
}

/// Keeps a control message that a later host must hear again.
/// @returns false for one that is heard once only.
bool ElementQueue::remember(const ElementHeader& header) {
  if (header.type == ElementMessage::kFlush) {
    // A flush revives ended tracks; their end must not be told again.
    retained_.erase(std::remove_if(retained_.begin(), retained_.end(),
                                   [](const auto& entry) { return entry.first[0] == '!'; }),
                    retained_.end());
  }
  const auto key = retain_keys_.find(header.sequence);
  if (key == retain_keys_.end()) return false;
  std::string message(message_bytes(header), '\0');
  bytes_.peek(0, message.data(), message.size());
  retain(key->second, std::move(message));
  return true;
}

void ElementQueue::retain(const std::string& key, std::string message) {
  const auto same = std::find_if(retained_.begin(), retained_.end(),
                                 [&](const auto& entry) { return entry.first == key; });
  if (same != retained_.end()) {
    same->second = std::move(message);
  } else {
    retained_.emplace_back(key, std::move(message));
  }
}

void ElementQueue::retain_timebase(uint64_t offset_ns, uint64_t clock_ns) {
  ElementHeader header;
  header.type = ElementMessage::kTimebase;
  header.element = element_;
  header.pts_ns = offset_ns;
  header.dts_ns = clock_ns;
  std::lock_guard lock(mutex_);
  if (closed_) return;
  retain(kTimebaseKey, {reinterpret_cast<const char*>(&header), sizeof(header)});
}

void ElementQueue::restart() {
  std::lock_guard lock(mutex_);
  set_begun_message_apart();
  if (head_sent_ > 0) {
    ElementHeader header;
    std::memcpy(&header, first_.front().message.data(), sizeof(header));
    if (header.type == ElementMessage::kFrame) {
      unconsumed_.push_back({sent_bytes_, header.size, header.pts_ns});
      first_.pop_front();
    }
  }
  for (const Sent& frame : unconsumed_) restart_loss_.add(frame.frame_bytes, frame.pts_ns);
  unconsumed_.clear();
  head_sent_ = 0;
  sent_bytes_ = 0;
  credited_bytes_ = 0;
  first_.erase(std::remove_if(first_.begin(), first_.end(),
                              [](const First& first) { return first.is_retained; }),
               first_.end());
  for (auto entry = retained_.rbegin(); entry != retained_.rend(); ++entry) {
    first_.push_front({entry->second, true});
  }
  for (TrackState& track : tracks_) track.seeks_key_frame = true;
  resuming_ = true;
  known_ = false;
  room_.notify_all();
}

bool ElementQueue::take_resumed(Loss* loss) {
  std::lock_guard lock(mutex_);
  if (!resumed_) return false;
  resumed_ = false;
  *loss = std::exchange(restart_loss_, {});
  return true;
}

}  // namespace kvs
