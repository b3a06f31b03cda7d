#include "message_log.h"

namespace kvs {

bool parts_access_units(const ElementHeader& header, uint8_t track) {
  switch (header.type) {
    case ElementMessage::kFlush:
    case ElementMessage::kDrain:
      return true;
    case ElementMessage::kCaps:
    case ElementMessage::kTrackEos:
      return header.track == track;
    default:
      return false;
  }
}

bool MessageLog::append(ElementHeader& header, const Chunk* chunks, size_t count,
                        const std::string& retain_key) {
  if (!bytes_.reserve(message_bytes(header), header.monotonic_ns)) return false;
  header.sequence = sequence_++;
  header.element = element_;
  bytes_.append(&header, sizeof(header));
  for (size_t i = 0; i < count; i++) bytes_.append(chunks[i].data, chunks[i].size);
  if (!retain_key.empty()) retain_keys_[header.sequence] = retain_key;
  if (header.type == ElementMessage::kFrame) learn(header);
  this->count(header, 1);
  return true;
}

void MessageLog::learn(const ElementHeader& frame) {
  Track& track = tracks_[frame.track];
  track.in_pieces = (frame.flags & kPiece) != 0;
  if ((frame.flags & kLastPiece) != 0) track.has_last_pieces = true;
  if ((frame.flags & kKeyFrame) == 0) track.has_deltas = has_deltas_ = true;
}

void MessageLog::count(const ElementHeader& header, int64_t sign) {
  if (header.type != ElementMessage::kFrame) return;
  Track& track = tracks_[header.track];
  track.waiting_bytes += static_cast<uint64_t>(sign * static_cast<int64_t>(message_bytes(header)));
  if ((header.flags & kKeyFrame) != 0) track.waiting_key_frames += static_cast<uint64_t>(sign);
}

ElementHeader MessageLog::next(size_t offset) const {
  ElementHeader header;
  bytes_.peek(held_bytes_ + offset, &header, sizeof(header));
  return header;
}

bool MessageLog::ends_access_unit(const ElementHeader& frame) const {
  if ((frame.flags & kPiece) == 0 || (frame.flags & kLastPiece) != 0) return true;
  return !tracks_[frame.track].has_last_pieces;
}

MessageLog::AccessUnit MessageLog::next_access_unit() const {
  const uint8_t track = next().track;
  // Where no last piece is known, what goes before a key frame may be a part of it.
  const bool has_ends = !tracks_[track].in_pieces || tracks_[track].has_last_pieces;
  for (size_t at = 0; at < waiting_bytes();) {
    const ElementHeader header = next(at);
    if (parts_access_units(header, track)) return AccessUnit::kDelta;
    if (header.type == ElementMessage::kFrame && header.track == track) {
      if ((header.flags & kKeyFrame) != 0) return AccessUnit::kKeyFrame;
      if (has_ends && ends_access_unit(header)) return AccessUnit::kDelta;
    }
    at += message_bytes(header);
  }
  return AccessUnit::kNotWhole;
}

void MessageLog::set_next(const ElementHeader& header) {
  bytes_.poke(held_bytes_, &header, sizeof(header));
}

int MessageLog::spans(size_t offset, size_t size, iovec* out, int max) const {
  return bytes_.spans(held_bytes_ + offset, size, out, max);
}

void MessageLog::advance() {
  const ElementHeader header = next();
  count(header, -1);
  held_bytes_ += message_bytes(header);
}

ElementHeader MessageLog::oldest() const {
  ElementHeader header;
  bytes_.peek(0, &header, sizeof(header));
  return header;
}

std::string MessageLog::oldest_message() const {
  std::string message(message_bytes(oldest()), '\0');
  bytes_.peek(0, message.data(), message.size());
  return message;
}

std::string MessageLog::oldest_key() const {
  const auto key = retain_keys_.find(oldest().sequence);
  return key == retain_keys_.end() ? std::string() : key->second;
}

void MessageLog::drop_oldest() {
  const ElementHeader header = oldest();
  if (held_bytes_ > 0) {
    held_bytes_ -= message_bytes(header);
  } else {
    count(header, -1);
  }
  if (header.type != ElementMessage::kFrame) retain_keys_.erase(header.sequence);
  bytes_.drop(message_bytes(header));
}

size_t MessageLog::rewind() {
  for (size_t at = 0; at < held_bytes_;) {
    ElementHeader header;
    bytes_.peek(at, &header, sizeof(header));
    count(header, 1);
    at += message_bytes(header);
  }
  const size_t held = held_bytes_;
  held_bytes_ = 0;
  return held;
}

void MessageLog::clear() {
  bytes_.clear();
  held_bytes_ = 0;
  retain_keys_.clear();
  for (Track& track : tracks_) track.waiting_bytes = track.waiting_key_frames = 0;
}

}  // namespace kvs
