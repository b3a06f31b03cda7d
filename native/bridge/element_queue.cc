#include "element_queue.h"

#include <algorithm>  // std::find_if

namespace kvs {

namespace {

/// Room beyond the limit, so that control messages and a track's reserved share seldom make the
/// ring move. It costs address space, not memory.
size_t ring_capacity(size_t limit) {
  return limit + limit / 2 + 64 * 1024;
}

}  // namespace

ElementQueue::ElementQueue(uint32_t element, QueueLimits limits)
    : element_(element), limits_(limits), ring_(ring_capacity(limits.max_bytes)) {}

/// A track may always have one frame waiting (be it larger than the whole queue), and always a
/// quarter of the queue: one track's backlog must not keep the other from being heard.
bool ElementQueue::has_room(const TrackState& track, size_t bytes) const {
  return ring_.used() + bytes <= limits_.max_bytes || track.queued_bytes == 0 ||
         track.queued_bytes + bytes <= limits_.max_bytes / 4;
}

PushResult ElementQueue::push_frame(ElementHeader header, const Chunk* chunks, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += chunks[i].size;
  if (size > kMaxPayloadBytes) return PushResult::kTooLarge;
  header.type = ElementMessage::kFrame;
  header.size = static_cast<uint32_t>(size);

  std::unique_lock lock(mutex_);
  TrackState& track = tracks_[header.track];
  const auto flushing = [&] { return flushing_ || closed_ || track.flushing; };
  if (limits_.block) {
    room_.wait(lock, [&] { return flushing() || has_room(track, message_bytes(header)); });
  }
  if (flushing()) return PushResult::kFlushing;

  const bool key = (header.flags & kKeyFrame) != 0;
  if ((track.entrance_waits && !key) || !has_room(track, message_bytes(header))) {
    track.entrance_waits = true;
    loss_.add(size, header.pts_ns);
    return PushResult::kDropped;
  }
  if (track.entrance_waits) header.flags |= kAfterDrop;
  track.entrance_waits = false;
  track.queued_bytes += message_bytes(header);
  append(header, chunks, count);
  return PushResult::kQueued;
}

void ElementQueue::push_control(const Control& control) {
  ElementHeader header;
  header.type = control.type;
  header.track = control.track;
  header.pts_ns = control.pts_ns;
  header.duration_ns = control.duration_ns;
  header.size = static_cast<uint32_t>(control.payload.size());
  const Chunk chunk{control.payload.data(), control.payload.size()};

  std::lock_guard lock(mutex_);
  if (closed_) return;
  append(header, &chunk, 1);
  if (!control.retain_key.empty()) retain_keys_[header.sequence] = control.retain_key;
}

void ElementQueue::append(ElementHeader& header, const Chunk* chunks, size_t count) {
  header.sequence = sequence_++;
  header.element = element_;
  ring_.reserve(message_bytes(header));
  ring_.append(&header, sizeof(header));
  for (size_t i = 0; i < count; i++) ring_.append(chunks[i].data, chunks[i].size);
}

Loss ElementQueue::take_loss() {
  std::lock_guard lock(mutex_);
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
  std::string begun;
  if (head_sent_ > 0 && replay_.empty()) {
    begun.resize(message_bytes(head()));
    ring_.peek(0, begun.data(), begun.size());
  } else if (head_sent_ > 0) {
    begun = std::move(replay_.front());
  }
  replay_.clear();
  ring_.clear();
  retain_keys_.clear();
  if (!begun.empty()) replay_.push_back(std::move(begun));
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
  return ring_.used() == 0 && replay_.empty();
}

int64_t ElementQueue::pull(uint8_t* out, size_t capacity) {
  std::lock_guard lock(mutex_);
  size_t copied = 0;
  while (ring_.used() > 0) {
    const ElementHeader header = head();
    const size_t bytes = message_bytes(header);
    if (bytes > capacity - copied) {
      if (copied == 0) return -static_cast<int64_t>(bytes);
      break;
    }
    ring_.peek(0, out + copied, bytes);
    copied += bytes;
    known_ = true;
    pop(header);
  }
  if (copied > 0) room_.notify_all();
  return static_cast<int64_t>(copied);
}

ElementHeader ElementQueue::head() const {
  ElementHeader header;
  ring_.peek(0, &header, sizeof(header));
  return header;
}

void ElementQueue::pop(const ElementHeader& header) {
  if (header.type == ElementMessage::kFrame) {
    tracks_[header.track].queued_bytes -= message_bytes(header);
  }
  retain_keys_.erase(header.sequence);
  ring_.drop(message_bytes(header));
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

/// Frames that a new host could not decode are dropped here, at the exit.
void ElementQueue::skip_to_key_frames() {
  if (head_sent_ > 0 || !replay_.empty()) return;
  bool dropped = false;
  while (ring_.used() > 0) {
    ElementHeader header = head();
    TrackState& track = tracks_[header.track];
    if (header.type != ElementMessage::kFrame || !track.exit_waits) break;
    if ((header.flags & kKeyFrame) != 0) {
      track.exit_waits = false;
      header.flags |= kAfterDrop;
      ring_.poke(0, &header, sizeof(header));
      resumed_ = resumed_ || resuming_;
      resuming_ = false;
      break;
    }
    restart_loss_.add(header.size, header.pts_ns);
    pop(header);
    dropped = true;
  }
  if (dropped) room_.notify_all();
}

/// How many bytes from head_sent_ on may be written now.
size_t ElementQueue::allowed_bytes() {
  skip_to_key_frames();
  if (!replay_.empty()) return replay_.front().size() - head_sent_;
  size_t bytes = 0;
  while (bytes + head_sent_ < ring_.used() && bytes < kQuantumBytes) {
    const bool window_open = sent_bytes_ + bytes < credited_bytes_ + kCreditWindowBytes;
    const bool rest_of_message = bytes == 0 && head_sent_ > 0;
    if (!window_open && !rest_of_message && !closed_) break;
    ElementHeader header;
    const size_t offset = bytes == 0 ? 0 : bytes + head_sent_;
    ring_.peek(offset, &header, sizeof(header));
    // What waits for a key frame is looked at when it is at the head.
    if (bytes > 0 && header.type == ElementMessage::kFrame && tracks_[header.track].exit_waits) {
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
  if (!replay_.empty()) {
    if (head_sent_ < replay_.front().size()) return;
    sent_bytes_ += replay_.front().size();
    replay_.pop_front();
    head_sent_ = 0;
    return;
  }
  bool popped = false;
  while (ring_.used() >= sizeof(ElementHeader)) {
    const ElementHeader header = head();
    if (head_sent_ < message_bytes(header)) break;
    head_sent_ -= message_bytes(header);
    sent_bytes_ += message_bytes(header);
    if (header.type == ElementMessage::kFrame) {
      unconsumed_.push_back({sent_bytes_, header.size, header.pts_ns});
    }
    remember(header, 0);
    pop(header);
    popped = true;
  }
  if (popped) room_.notify_all();
}

/// Keeps a control message that a later host must hear again.
void ElementQueue::remember(const ElementHeader& header, size_t offset) {
  if (header.type == ElementMessage::kFlush) {
    // A flush revives ended tracks; their end must not be told again.
    retained_.erase(std::remove_if(retained_.begin(), retained_.end(),
                                   [](const auto& entry) { return entry.first[0] == '!'; }),
                    retained_.end());
  }
  const auto key = retain_keys_.find(header.sequence);
  if (key == retain_keys_.end()) return;
  std::string message(message_bytes(header), '\0');
  ring_.peek(offset, message.data(), message.size());
  retain(key->second, std::move(message));
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
  if (head_sent_ > 0 && replay_.empty() && ring_.used() > 0) {
    const ElementHeader header = head();
    if (header.type == ElementMessage::kFrame) {
      unconsumed_.push_back({sent_bytes_, header.size, header.pts_ns});
      pop(header);
    }
  }
  for (const Sent& frame : unconsumed_) restart_loss_.add(frame.frame_bytes, frame.pts_ns);
  unconsumed_.clear();
  head_sent_ = 0;
  sent_bytes_ = 0;
  credited_bytes_ = 0;
  replay_.clear();
  for (const auto& entry : retained_) replay_.push_back(entry.second);
  for (TrackState& track : tracks_) track.exit_waits = true;
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
