// Messages of one element on their way to the core: bounded, in order, with a policy when full.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>  // std::condition_variable
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bridge.h"
#include "byte_queue.h"

namespace kvs {

/// Retain key of the timebase. As with every key that begins with '!', a flush forgets it.
constexpr char kTimebaseKey[] = "!timebase";

/// Streaming threads push, one consumer takes: the plugin's I/O thread by send(), the addon's
/// JavaScript by pull(). The queue holds messages exactly as they go over the wire.
class ElementQueue {
 public:
  ElementQueue(uint32_t element, QueueLimits limits);

  PushResult push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                        WhenFull when_full);
  void push_control(const Control& control);
  Loss take_loss();
  /// take_loss() has something to give; without a lock, for each frame.
  bool has_loss() const { return has_loss_; }
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
    /// Of those, frames that their source calls key frames.
    uint64_t queued_key_frames = 0;
    /// Frames are missing in front of the one that is taken next: it is to be a key frame, as long
    /// as one waits. Where none does, the core finds one by itself.
    bool seeks_key_frame = false;
    bool flushing = false;
  };
  /// A message that goes before what waits in bytes_.
  struct First {
    std::string message;
    /// Kept in retained_ too: another host is told it from there.
    bool is_retained;
  };
  struct Sent {
    uint64_t end;
    uint64_t frame_bytes;
    uint64_t pts_ns;
  };
  static constexpr size_t kTracks = 256;
  static constexpr int kMaxSpans = 8;
  /// At most this much in one write, so that elements take turns and pushers wait little.
  static constexpr size_t kQuantumBytes = 256 * 1024;

  bool may_pass(const TrackState& track, size_t bytes) const;
  void make_room(const ElementHeader& header);
  bool is_full_for(const ElementHeader& header) const;
  bool drop_oldest_frame();
  void set_begun_message_apart();
  void lose(const ElementHeader& header, Loss& loss);
  bool append(ElementHeader& header, const Chunk* chunks, size_t count);
  ElementHeader head() const;
  First take_head();
  void pop(const ElementHeader& header);
  void skip_to_key_frames();
  size_t allowed_bytes();
  void sent(size_t bytes);
  bool remember(const ElementHeader& header);
  void retain(const std::string& key, std::string message);

  std::mutex mutex_;
  std::condition_variable room_;

  // Passed by argument.
  const uint32_t element_;
  const QueueLimits limits_;

  // What waits.
  ByteQueue bytes_;
  std::array<TrackState, kTracks> tracks_{};
  std::map<uint32_t, std::string> retain_keys_;  // by sequence number, for controls that wait
  uint32_t sequence_ = 0;
  bool flushing_ = false;
  bool closed_ = false;
  Loss loss_;
  std::atomic<bool> has_loss_{false};

  // What was sent to this host.
  bool known_ = false;  // anything at all
  uint64_t sent_bytes_ = 0;
  uint64_t credited_bytes_ = 0;
  size_t head_sent_ = 0;
  std::deque<Sent> unconsumed_;

  // What the next host must be told.
  std::vector<std::pair<std::string, std::string>> retained_;
  std::deque<First> first_;
  bool resuming_ = false;
  bool resumed_ = false;
  Loss restart_loss_;
};

template <typename Write>
bool ElementQueue::send(Write write) {
  std::lock_guard lock(mutex_);
  for (;;) {
    const size_t allowed = allowed_bytes();
    if (allowed == 0) return true;
    iovec parts[kMaxSpans];
    int count = 1;
    if (!first_.empty()) {
      parts[0] = {first_.front().message.data() + head_sent_, allowed};
    } else {
      count = bytes_.spans(head_sent_, allowed, parts, kMaxSpans);
    }
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += parts[i].iov_len;
    const auto taken = write(parts, count);
    if (taken < 0) return false;
    sent(static_cast<size_t>(taken));
    if (static_cast<size_t>(taken) < bytes) return false;
  }
}

}  // namespace kvs
