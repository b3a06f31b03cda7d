// What a host is sent of an element's messages, what it may still need again, and what the host
// that replaces it is sent.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>

#include "message_log.h"
#include "retained.h"
#include "timebases.h"

namespace kvs {

/// Retain key of a drain that was not answered.
constexpr char kDrainKey[] = "!drain";

/// Messages stay in the log when they are sent, until the host says that they are settled. When it
/// dies, all that is held is sent again to the next one, in the same order and behind the controls
/// that were valid at its beginning. Under the owner's lock.
class Outbox {
 public:
  /// @param max_held_bytes bytes that are held at most; 0: nothing is sent again
  Outbox(uint32_t element, MessageLog& log, size_t max_held_bytes)
      : element_(element), max_held_bytes_(max_held_bytes), log_(log) {}

  /// Nothing waits to be sent.
  bool empty() const { return log_.waiting_bytes() == 0 && first_.empty(); }
  /// Bytes that wait and were never sent to any host.
  size_t unsent_bytes() const { return log_.waiting_bytes() - replay_bytes_; }
  /// Part of a message was sent.
  bool in_message() const { return head_sent_ > 0; }
  /// How many bytes may be sent now.
  size_t sendable_bytes();

  /// @param write like writev: bytes taken, or negative when nothing could be
  /// @returns false when `write` takes no more
  template <typename Write>
  bool send(Write write);

  /// Copies whole messages, and holds none. @returns as ElementQueue::pull
  int64_t pull(uint8_t* out, size_t capacity);

  // What the host says.
  void credit(uint64_t total) { credited_bytes_ = total; }
  /// Everything before these positions is settled: frames, and metadata of single fragments.
  void settled(uint64_t frames_from, uint64_t metadata_from);
  /// This host has settled a frame.
  bool has_settled() const { return has_settled_; }
  /// A drain is answered: what was sent before it is done with, in one way or the other.
  void drained();
  void told_timebase(uint64_t position, Timebase timebase) { timebases_.told(position, timebase); }

  /// The oldest frame that waits goes for want of room, and what is held before it is let go of.
  /// @returns false when no frame waits
  bool drop_oldest_frame();
  /// A frame did not even get in.
  void count_lost(const ElementHeader& frame) { dropped_.add(loss_of(frame)); }
  /// Frames that went for want of room.
  Loss& dropped() { return dropped_; }

  /// The host is another one. What the dead one had not settled is sent again, unless so many hosts
  /// died of it quickly and settled nothing that it is taken for the cause.
  void restart(HostDeath death);
  /// There is something for take_resumed.
  bool has_resumed() const { return resumed_; }
  /// As ElementQueue::take_resumed.
  bool take_resumed(Loss* loss);

  /// Forgets all but a message that was begun. @returns whether the host knows of the element
  bool close();

 private:
  /// A message that goes before what waits in the log.
  struct First {
    std::string message;
    /// Another host is told it in any case.
    bool is_retained;
  };
  /// A message of the log that is held.
  struct Held {
    uint64_t wire_end;
    /// Passed over, not sent: of no use to the host.
    bool is_skipped;
    /// A whole key frame, or the first piece of one.
    bool begins_key_frame;
    bool is_drain;
    uint8_t track;
  };
  /// A frame that was sent, is not settled and cannot be sent again.
  struct AtRisk {
    uint64_t wire_end;
    uint8_t track;
    Loss loss;
  };
  /// Metadata whose place in the log is gone, and whose fragment is not settled.
  struct Kept {
    uint64_t wire_end;
    std::string message;
  };
  struct Track {
    /// The frame that is taken next is to be a key frame, as long as one waits. Where none does,
    /// the core finds one by itself.
    bool seeks_key_frame = false;
    /// Because frames are missing in front of it.
    bool has_gap = false;
    /// What follows is the rest of an access unit whose beginning went another way, and goes too.
    bool in_cut_unit = false;
    /// The log begins with such a rest, should all be sent again.
    bool is_oldest_cut = false;
    /// The first piece of the access unit that was begun: its place among all that was held.
    std::optional<uint64_t> begun_at;
  };
  static constexpr int kMaxSpans = 8;
  /// At so many deaths in vain, what is held is given up.
  static constexpr int kMaxVainDeaths = 5;
  /// At most this much in one write, so that elements take turns and pushers wait little.
  static constexpr size_t kQuantumBytes = 256 * 1024;

  void lose(const ElementHeader& header, Loss& loss);
  void set_begun_message_apart();
  First take_oldest();
  Loss loss_of(const ElementHeader& frame) const;
  void skip_to_key_frames();
  bool may_begin(const ElementHeader& frame) const;
  void pass_next(bool is_skipped);
  void end_access_units(const ElementHeader& header);
  void hold(const ElementHeader& header, bool is_skipped);
  void sent(size_t bytes);
  void sent_first();
  void note_sent(const ElementHeader& header);
  void forget_oldest();
  void release_oldest(bool is_settled);
  void keep_within_bounds();
  bool begins_gop(const Held& held) const;
  void push_timebase(const Timebase& timebase);

  const uint32_t element_;
  const size_t max_held_bytes_;
  MessageLog& log_;
  std::array<Track, kTrackNumbers> tracks_{};
  Loss dropped_;

  // Of this host.
  bool known_ = false;  // it was sent anything at all
  bool has_settled_ = false;
  uint64_t sent_bytes_ = 0;
  uint64_t credited_bytes_ = 0;
  size_t head_sent_ = 0;
  /// Of what waits, bytes that an earlier host was sent.
  size_t replay_bytes_ = 0;
  std::deque<Held> held_;
  /// How many were held before these.
  uint64_t let_go_ = 0;
  std::deque<AtRisk> at_risk_;
  std::deque<Kept> kept_;
  /// Drains that are settled and not answered.
  unsigned settled_drains_ = 0;

  /// Quick deaths in a row of hosts that settled nothing, and so were all sent the same.
  int vain_deaths_ = 0;

  // Of the next one.
  Retained retained_;
  Timebases timebases_;
  std::deque<First> first_;
  bool resuming_ = false;
  bool resumed_ = false;
  Loss restart_loss_;
};

template <typename Write>
bool Outbox::send(Write write) {
  for (;;) {
    const size_t allowed = sendable_bytes();
    if (allowed == 0) return true;
    iovec parts[kMaxSpans];
    int count = 1;
    if (!first_.empty()) {
      parts[0] = {first_.front().message.data() + head_sent_, allowed};
    } else {
      count = log_.spans(head_sent_, allowed, parts, kMaxSpans);
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
