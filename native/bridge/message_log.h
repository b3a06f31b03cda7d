// An element's messages in order: those that were sent and may be needed again, then what waits.
#pragma once

#include <array>
#include <map>
#include <string>

#include "bridge.h"
#include "byte_queue.h"

namespace kvs {

/// Tracks have numbers of a byte.
constexpr size_t kTrackNumbers = 256;

/// Pieces of the track that follow the message belong to another access unit than those before it.
bool parts_access_units(const ElementHeader& header, uint8_t track);

/// The messages lie back to back, exactly as they go over the wire. Sending one only moves the
/// border between the two parts; nothing is copied. Under the owner's lock.
class MessageLog {
 public:
  /// What waits of a track, and what is known of it.
  struct Track {
    uint64_t waiting_bytes = 0;
    /// Of the waiting ones, frames that their source calls key frames.
    uint64_t waiting_key_frames = 0;
    /// Not every frame of it stands alone.
    bool has_deltas = false;
    /// Its frames come in pieces.
    bool in_pieces = false;
    /// Of which the last one of each access unit is known.
    bool has_last_pieces = false;
  };

  /// What an access unit of which at least a piece waits is, as far as it has come.
  enum class AccessUnit { kKeyFrame, kDelta, kNotWhole };

  explicit MessageLog(uint32_t element) : element_(element) {}

  /// Appends a message, numbers it, and keeps the key that it is retained under, if it has one.
  /// @returns false when there is no memory for it.
  bool append(ElementHeader& header, const Chunk* chunks, size_t count,
              const std::string& retain_key = {});

  const Track& track(uint8_t id) const { return tracks_[id]; }
  /// A frame without has_deltas is not a place to begin at, if other tracks have them.
  bool has_deltas() const { return has_deltas_; }

  // What waits.
  size_t waiting_bytes() const { return bytes_.used() - held_bytes_; }
  /// Header of the waiting message that begins so many bytes behind the first that waits.
  ElementHeader next(size_t offset = 0) const;
  /// The access unit that the next message, a frame, begins or goes on with.
  AccessUnit next_access_unit() const;
  /// No further piece follows. Where no source tells, each piece is taken for a frame.
  bool ends_access_unit(const ElementHeader& frame) const;
  /// Overwrites the header of the next one; type, track and size must stay.
  void set_next(const ElementHeader& header);
  /// Bytes of what waits, in place; as ByteQueue::spans.
  int spans(size_t offset, size_t size, iovec* out, int max) const;
  /// Copies the next message.
  void copy_next(void* out, size_t size) const { bytes_.peek(held_bytes_, out, size); }
  /// The next message is held from now on.
  void advance();

  // What is held.
  size_t held_bytes() const { return held_bytes_; }
  /// Header of the oldest message, held or waiting.
  ElementHeader oldest() const;
  /// All of the oldest message, and its retain key (or "").
  std::string oldest_message() const;
  std::string oldest_key() const;
  /// Forgets the oldest message.
  void drop_oldest();
  /// Everything that is held waits again. @returns bytes of that
  size_t rewind();

  void clear();

 private:
  void learn(const ElementHeader& frame);
  void count(const ElementHeader& header, int64_t sign);

  const uint32_t element_;
  ByteQueue bytes_;
  size_t held_bytes_ = 0;
  std::array<Track, kTrackNumbers> tracks_{};
  bool has_deltas_ = false;
  std::map<uint32_t, std::string> retain_keys_;  // by sequence number
  uint32_t sequence_ = 0;
};

}  // namespace kvs
