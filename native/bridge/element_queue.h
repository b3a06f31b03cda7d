// The entrance for an element's messages on their way to the core: bounded, in order, with a policy
// when full.
#pragma once

#include <atomic>
#include <bitset>
#include <condition_variable>  // std::condition_variable
#include <mutex>

#include "outbox.h"

namespace kvs {

/// Streaming threads push, one consumer takes: the plugin's I/O thread by send(), the addon's
/// JavaScript by pull(). What is taken, and what becomes of it, is the outbox's affair; all of it
/// happens under this queue's lock.
class ElementQueue {
 public:
  ElementQueue(uint32_t element, QueueLimits limits);

  // For streaming threads.
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

  // For the consumer.
  bool empty();

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

  // What the core says, in bytes of this element since the (last) start of its host.
  /// It has consumed so many.
  void credit(uint64_t total);
  /// A host that replaces this one needs frames from `frames_from` on, and metadata of single
  /// fragments from `metadata_from` on.
  void settled(uint64_t frames_from, uint64_t metadata_from);
  /// It has settled a frame.
  bool has_settled();
  /// It has answered a drain.
  void drained();
  /// What times it gives to the frames from `position` on.
  void told_timebase(uint64_t position, Timebase timebase);

  /// The host is another one: what was retained goes first, then what the dead one had not settled
  /// (unless that is given up, see Outbox), from a key frame on, then what waits.
  void restart(HostDeath death = HostDeath::kOther);

  /// There is something for take_resumed.
  bool has_resumed();
  /// After restart(), once frames go on: what was lost in between. Only once per restart.
  bool take_resumed(Loss* loss);

 private:
  bool may_pass(uint8_t track, size_t bytes) const;
  void make_room(const ElementHeader& header);
  bool is_full_for(const ElementHeader& header) const;

  std::mutex mutex_;
  std::condition_variable room_;

  const QueueLimits limits_;
  MessageLog log_;
  Outbox outbox_;
  std::bitset<kTrackNumbers> flushing_tracks_;
  /// Tracks whose last frame did not get in.
  std::bitset<kTrackNumbers> tracks_with_gap_;
  bool flushing_ = false;
  bool closed_ = false;
  std::atomic<bool> has_loss_{false};
};

template <typename Write>
bool ElementQueue::send(Write write) {
  std::lock_guard lock(mutex_);
  const size_t before = outbox_.unsent_bytes();
  const bool done = outbox_.send(write);
  has_loss_ = static_cast<bool>(outbox_.dropped());
  if (outbox_.unsent_bytes() < before) room_.notify_all();
  return done;
}

}  // namespace kvs
