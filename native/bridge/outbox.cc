#include "outbox.h"

#include <algorithm>  // std::find_if, std::min
#include <cstring>
#include <utility>  // std::exchange

namespace kvs {

namespace {

ElementHeader header_of(const std::string& message) {
  ElementHeader header;
  std::memcpy(&header, message.data(), sizeof(header));
  return header;
}

}  // namespace

/// A frame in pieces counts once.
Loss Outbox::loss_of(const ElementHeader& frame) const {
  const uint64_t frames = log_.ends_access_unit(frame) ? 1 : 0;
  return {frames, frame.size, frame.pts_ns, frame.pts_ns};
}

void Outbox::lose(const ElementHeader& header, Loss& loss) {
  loss.add(loss_of(header));
  Track& track = tracks_[header.track];
  track.seeks_key_frame = true;
  track.has_gap = true;
  track.in_cut_unit = !log_.ends_access_unit(header);
  track.begun_at.reset();
}

bool Outbox::drop_oldest_frame() {
  while (!held_.empty()) release_oldest(false);
  set_begun_message_apart();
  while (log_.waiting_bytes() > 0) {
    const ElementHeader header = log_.oldest();
    if (header.type == ElementMessage::kFrame) {
      replay_bytes_ -= std::min(replay_bytes_, message_bytes(header));
      lose(header, dropped_);
      forget_oldest();
      return true;
    }
    first_.push_back(take_oldest());
  }
  return false;
}

/// What is partly on the wire must be finished, whatever becomes of what waits behind it.
void Outbox::set_begun_message_apart() {
  if (head_sent_ > 0 && first_.empty()) first_.push_back(take_oldest());
}

/// The oldest message of the log, of which nothing is held.
Outbox::First Outbox::take_oldest() {
  const ElementHeader header = log_.oldest();
  const std::string key = log_.oldest_key();
  First first{log_.oldest_message(), !key.empty()};
  if (header.type == ElementMessage::kFlush) retained_.forget_timeline();
  if (first.is_retained) retained_.keep(key, first.message);
  replay_bytes_ -= std::min(replay_bytes_, message_bytes(header));
  forget_oldest();
  return first;
}

/// Behind a gap, frames up to the next key frame that waits are of no use to anybody. When all is
/// sent again, frames in front of the first key frame are settled, unless some of it is missing.
/// Access units go as a whole: parameter sets in pieces of their own belong to the key frame.
void Outbox::skip_to_key_frames() {
  if (head_sent_ > 0 || !first_.empty()) return;
  while (log_.waiting_bytes() > 0) {
    ElementHeader header = log_.next();
    Track& track = tracks_[header.track];
    if (header.type != ElementMessage::kFrame || !track.seeks_key_frame) return;
    if (!track.in_cut_unit && may_begin(header)) {
      track.seeks_key_frame = false;
      if (std::exchange(track.has_gap, false)) {
        header.flags |= kAfterDrop;
        log_.set_next(header);
      }
      return;
    }
    const bool is_replayed = replay_bytes_ > 0;
    if (track.has_gap || !is_replayed) lose(header, resuming_ ? restart_loss_ : dropped_);
    track.in_cut_unit = !log_.ends_access_unit(header);
    pass_next(true);
  }
}

/// The track can go on with this frame, which begins an access unit.
bool Outbox::may_begin(const ElementHeader& frame) const {
  const bool is_replayed = replay_bytes_ > 0;
  if (!is_replayed && log_.track(frame.track).waiting_key_frames == 0) return true;
  // An access unit whose rest is still to come may be the key frame.
  return log_.next_access_unit() != MessageLog::AccessUnit::kDelta;
}

/// The next message of the log is done with for now.
void Outbox::pass_next(bool is_skipped) {
  const ElementHeader header = log_.next();
  replay_bytes_ -= std::min(replay_bytes_, message_bytes(header));
  if (header.type != ElementMessage::kFrame) end_access_units(header);
  log_.advance();
  if (max_held_bytes_ == 0) {
    forget_oldest();
  } else {
    hold(header, is_skipped);
  }
}

/// No access unit goes on behind such a message.
void Outbox::end_access_units(const ElementHeader& header) {
  for (size_t i = 0; i < tracks_.size(); i++) {
    if (!parts_access_units(header, static_cast<uint8_t>(i))) continue;
    tracks_[i].in_cut_unit = false;
    tracks_[i].begun_at.reset();
  }
}

void Outbox::hold(const ElementHeader& header, bool is_skipped) {
  const bool is_drain = header.type == ElementMessage::kDrain;
  held_.push_back({sent_bytes_, is_skipped, false, is_drain, header.track});
  if (header.type != ElementMessage::kFrame) return;
  Track& track = tracks_[header.track];
  if (!track.begun_at) track.begun_at = let_go_ + held_.size() - 1;
  if ((header.flags & kKeyFrame) != 0 && *track.begun_at >= let_go_) {
    held_[*track.begun_at - let_go_].begins_key_frame = true;
  }
  if (log_.ends_access_unit(header)) track.begun_at.reset();
}

size_t Outbox::sendable_bytes() {
  skip_to_key_frames();
  if (!first_.empty()) return first_.front().message.size() - head_sent_;
  size_t bytes = 0;
  while (bytes + head_sent_ < log_.waiting_bytes() && bytes < kQuantumBytes) {
    const uint64_t begun_bytes = sent_bytes_ + head_sent_ + bytes;
    const bool window_open = begun_bytes < credited_bytes_ + kCreditWindowBytes;
    const bool rest_of_message = bytes == 0 && head_sent_ > 0;
    const ElementHeader header = log_.next(bytes == 0 ? 0 : bytes + head_sent_);
    const bool is_close = header.type == ElementMessage::kClose;
    if (!window_open && !rest_of_message && !is_close) break;
    // What waits for a key frame is looked at when it is at the head.
    if (bytes > 0 && header.type == ElementMessage::kFrame &&
        tracks_[header.track].seeks_key_frame) {
      break;
    }
    bytes += message_bytes(header) - (bytes == 0 ? head_sent_ : 0);
    // Something may have to go between it and what follows.
    if (header.type == ElementMessage::kFlush) break;
  }
  return bytes;
}

/// Takes note that `bytes` more from head_sent_ on were written.
void Outbox::sent(size_t bytes) {
  known_ = known_ || bytes > 0;
  head_sent_ += bytes;
  if (!first_.empty()) return sent_first();
  while (log_.waiting_bytes() > 0) {
    const ElementHeader header = log_.next();
    if (head_sent_ < message_bytes(header)) break;
    head_sent_ -= message_bytes(header);
    sent_bytes_ += message_bytes(header);
    pass_next(false);
    note_sent(header);
  }
  keep_within_bounds();
}

void Outbox::sent_first() {
  const std::string& message = first_.front().message;
  if (head_sent_ < message.size()) return;
  sent_bytes_ += message.size();
  head_sent_ = 0;
  First first = std::move(first_.front());
  first_.pop_front();
  const ElementHeader header = header_of(first.message);
  if (header.type == ElementMessage::kFrame) {
    at_risk_.push_back({sent_bytes_, header.track, loss_of(header)});
  }
  note_sent(header);
  // Nothing of the log is held in front of it.
  if (header.type == ElementMessage::kDrain) settled_drains_++;
  if (header.type == ElementMessage::kFlush) timebases_.flush_released();
  if (header.type == ElementMessage::kMetadata && !first.is_retained && max_held_bytes_ > 0) {
    kept_.push_back({sent_bytes_, std::move(first.message)});
  }
}

void Outbox::note_sent(const ElementHeader& header) {
  if (header.type == ElementMessage::kFlush) {
    if (const auto timebase = timebases_.flush_sent(sent_bytes_)) push_timebase(*timebase);
  }
  const bool goes_on =
      header.type == ElementMessage::kFrame || header.type == ElementMessage::kDrain;
  if (resuming_ && goes_on) {
    resuming_ = false;
    resumed_ = true;
  }
}

void Outbox::push_timebase(const Timebase& timebase) {
  ElementHeader header;
  header.type = ElementMessage::kTimebase;
  header.element = element_;
  header.pts_ns = timebase.offset_ns;
  header.dts_ns = timebase.clock_ns;
  first_.push_back({{reinterpret_cast<const char*>(&header), sizeof(header)}, true});
}

int64_t Outbox::pull(uint8_t* out, size_t capacity) {
  size_t copied = 0;
  for (;;) {
    skip_to_key_frames();
    if (empty()) break;
    const bool is_first = !first_.empty();
    const size_t bytes = is_first ? first_.front().message.size() : message_bytes(log_.next());
    if (bytes > capacity - copied) {
      if (copied == 0) return -static_cast<int64_t>(bytes);
      break;
    }
    if (is_first) {
      std::memcpy(out + copied, first_.front().message.data(), bytes);
      first_.pop_front();
    } else {
      log_.copy_next(out + copied, bytes);
      pass_next(false);
    }
    copied += bytes;
    known_ = true;
  }
  return static_cast<int64_t>(copied);
}

void Outbox::settled(uint64_t frames_from, uint64_t metadata_from) {
  while (!held_.empty() && held_.front().wire_end <= frames_from) {
    const bool is_frame = log_.oldest().type == ElementMessage::kFrame;
    has_settled_ = has_settled_ || (is_frame && !held_.front().is_skipped);
    release_oldest(true);
  }
  while (!at_risk_.empty() && at_risk_.front().wire_end <= frames_from) at_risk_.pop_front();
  while (!kept_.empty() && kept_.front().wire_end <= metadata_from) kept_.pop_front();
}

void Outbox::forget_oldest() {
  const ElementHeader header = log_.oldest();
  if (header.type == ElementMessage::kFrame) {
    tracks_[header.track].is_oldest_cut = !log_.ends_access_unit(header);
  } else {
    for (size_t i = 0; i < tracks_.size(); i++) {
      if (parts_access_units(header, static_cast<uint8_t>(i))) tracks_[i].is_oldest_cut = false;
    }
  }
  log_.drop_oldest();
}

/// The oldest message that is held leaves the log.
void Outbox::release_oldest(bool is_settled) {
  const Held held = held_.front();
  const ElementHeader header = log_.oldest();
  if (header.type == ElementMessage::kFrame) {
    if (!is_settled && !held.is_skipped) {
      at_risk_.push_back({held.wire_end, header.track, loss_of(header)});
    }
  } else {
    const std::string key = log_.oldest_key();
    if (header.type == ElementMessage::kFlush) {
      retained_.forget_timeline();
      timebases_.flush_released();
    }
    if (header.type == ElementMessage::kDrain) settled_drains_++;
    if (!key.empty()) {
      retained_.keep(key, log_.oldest_message());
    } else if (header.type == ElementMessage::kMetadata) {
      kept_.push_back({held.wire_end, log_.oldest_message()});
    }
  }
  forget_oldest();
  held_.pop_front();
  let_go_++;
  timebases_.released(held.wire_end);
}

/// The oldest GOPs go as a whole: without its beginning the rest of one is of no use. So does the
/// last, if it is too large by itself.
void Outbox::keep_within_bounds() {
  while (log_.held_bytes() > max_held_bytes_ && !held_.empty()) {
    const auto next = std::find_if(held_.begin() + 1, held_.end(),
                                   [this](const Held& held) { return begins_gop(held); });
    for (auto left = next - held_.begin(); left > 0; left--) release_oldest(false);
  }
}

bool Outbox::begins_gop(const Held& held) const {
  return held.begins_key_frame && (log_.track(held.track).has_deltas || !log_.has_deltas());
}

void Outbox::drained() {
  if (settled_drains_ == 0) {
    const auto drain =
        std::find_if(held_.begin(), held_.end(), [](const Held& held) { return held.is_drain; });
    if (drain == held_.end()) return;
    for (auto left = drain - held_.begin() + 1; left > 0; left--) release_oldest(true);
  }
  settled_drains_--;
  retained_.forget(kDrainKey);
  timebases_.ended();
}

void Outbox::restart(HostDeath death) {
  const bool has_settled = std::exchange(has_settled_, false);
  vain_deaths_ = death == HostDeath::kQuick && !has_settled ? vain_deaths_ + 1 : 0;
  if (vain_deaths_ >= kMaxVainDeaths) {
    vain_deaths_ = 0;
    while (!held_.empty()) release_oldest(false);
    // A frame that was begun is spared too.
    set_begun_message_apart();
  }
  if (head_sent_ > 0 && !first_.empty()) {
    const ElementHeader header = header_of(first_.front().message);
    if (header.type == ElementMessage::kFrame) {
      lose(header, restart_loss_);
      first_.pop_front();
    }
  }
  for (const AtRisk& frame : at_risk_) {
    restart_loss_.add(frame.loss);
    tracks_[frame.track].has_gap = true;
  }
  at_risk_.clear();
  held_.clear();
  replay_bytes_ += log_.rewind();
  head_sent_ = 0;
  sent_bytes_ = 0;
  credited_bytes_ = 0;
  settled_drains_ = 0;
  for (Track& track : tracks_) {
    track.seeks_key_frame = true;
    track.in_cut_unit = track.is_oldest_cut;
    track.begun_at.reset();
  }

  const std::deque<First> waiting = std::exchange(first_, {});
  for (const auto& entry : retained_.entries()) first_.push_back({entry.second, true});
  if (const auto timebase = timebases_.restart()) push_timebase(*timebase);
  for (Kept& kept : kept_) first_.push_back({std::move(kept.message), false});
  kept_.clear();
  for (const First& first : waiting) {
    if (!first.is_retained) first_.push_back(first);
  }
  resuming_ = true;
  known_ = false;
}

bool Outbox::take_resumed(Loss* loss) {
  if (!resumed_) return false;
  resumed_ = false;
  *loss = std::exchange(restart_loss_, {});
  return true;
}

bool Outbox::close() {
  while (!held_.empty()) release_oldest(true);
  // The message whose beginning is on the wire must be finished; the rest goes.
  set_begun_message_apart();
  first_.resize(head_sent_ > 0 ? 1 : 0);
  log_.clear();
  replay_bytes_ = 0;
  kept_.clear();
  return known_;
}

}  // namespace kvs
