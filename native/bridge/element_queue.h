// Messages of one element on their way to the core: bounded, in order, with a policy when full.
#pragma once

#include <array>
#include <condition_variable>  // std::condition_variable
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bridge.h"
#include "byte_ring.h"

namespace kvs {

/// Retain key of the timebase. As with every key that begins with '!', a flush forgets it.
constexpr char kTimebaseKey[] = "!timebase";

/// Streaming threads push, one consumer takes: the plugin's I/O thread by send(), the addon's
/// JavaScript by pull(). The ring holds messages exactly as they go over the wire.
class ElementQueue {
 public:
  ElementQueue(uint32_t element, QueueLimits limits);

  PushResult push_frame(ElementHeader header, const Chunk* chunks, size_t count);
  void push_control(const Control& control);
  Loss take_loss();
  void set_flushing(bool flushing);
  void set_track_flushing(uint8_t track, bool flushing);

  /// Drops all that waits, and leaves a single close message.
  void close();

  bool empty();

  /// A host that replaces this one goes on with its offsets (int64) to epoch ns: from running time,
  /// and from CLOCK_MONOTONIC.
  void retain_timebase(uint64_t offset_ns, uint64_t clock_ns);

  /// What was retained under this key need not be told to another host any more.
  void forget(const std::string& retain_key);

  /// Copies whole messages into `out`.
  /// @returns bytes copied; if not even the first message fits, minus its length.
  int64_t pull(uint8_t* out, size_t capacity);

  /// Writes what the credit window allows. Ends in the middle of a message only when `write` takes
  /// less than it was given.
  /// @param write like writev: bytes taken, or negative when nothing could be.
  template <typename Write>
  bool send(Write write);

  /// Part of a message was written: nobody else may write to the socket before the rest is.
  bool in_message();

  /// There is something that the window allows to send.
  bool sendable();

  /// The core has consumed this many bytes since the (last) start of its host.
  void credit(uint64_t total);

  /// The host is another one: what was retained goes first, then frames from the next key frame.
  /// @returns what the dead one had not acknowledged to have consumed.
  void restart();

  /// After restart(), once frames go on: what was lost in between. Only once per restart.
  bool take_resumed(Loss* loss);

 private:
  struct TrackState {
    uint64_t queued_bytes = 0;
    /// Dropping until a key frame comes: at the entrance (full), at the exit (new host).
    bool entrance_waits = false;
    bool exit_waits = false;
    bool flushing = false;
  };
  struct Sent {
    uint64_t end;
    uint64_t frame_bytes;
    uint64_t pts_ns;
  };
  static constexpr size_t kTracks = 256;
  static constexpr size_t kMaxSpans = 2;
  /// At most this much in one write, so that elements take turns and pushers wait little.
  static constexpr size_t kQuantumBytes = 256 * 1024;

  bool has_room(const TrackState& track, size_t bytes) const;
  void append(ElementHeader& header, const Chunk* chunks, size_t count);
  ElementHeader head() const;
  void pop(const ElementHeader& header);
  void skip_to_key_frames();
  size_t allowed_bytes();
  void sent(size_t bytes);
  void remember(const ElementHeader& header, size_t offset);
  void retain(const std::string& key, std::string message);

  std::mutex mutex_;
  std::condition_variable room_;

  // Passed by argument.
  const uint32_t element_;
  const QueueLimits limits_;

  // What waits.
  ByteRing ring_;
  std::array<TrackState, kTracks> tracks_{};
  std::map<uint32_t, std::string> retain_keys_;  // by sequence number, for controls in the ring
  uint32_t sequence_ = 0;
  bool flushing_ = false;
  bool closed_ = false;
  Loss loss_;

  // What was sent to this host.
  bool known_ = false;  // anything at all
  uint64_t sent_bytes_ = 0;
  uint64_t credited_bytes_ = 0;
  size_t head_sent_ = 0;
  std::deque<Sent> unconsumed_;

  // What the next host must be told.
  std::vector<std::pair<std::string, std::string>> retained_;
  std::deque<std::string> replay_;
  bool resuming_ = false;
  bool resumed_ = false;
  Loss restart_loss_;
};

template <typename Write>
bool ElementQueue::send(Write write) {
  std::lock_guard lock(mutex_);
  for (;;) {
    const size_t bytes = allowed_bytes();
    if (bytes == 0) return true;
    iovec parts[kMaxSpans];
    int count = 1;
    if (!replay_.empty()) {
      parts[0] = {replay_.front().data() + head_sent_, bytes};
    } else {
      count = ring_.spans(head_sent_, bytes, parts);
    }
    const auto taken = write(parts, count);
    if (taken < 0) return false;
    sent(static_cast<size_t>(taken));
    if (static_cast<size_t>(taken) < bytes) return false;
  }
}

}  // namespace kvs
