// The offsets from running times to epoch that a host has told, one for each timeline.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace kvs {

/// Offsets (int64) to epoch ns: from running time, and from CLOCK_MONOTONIC.
struct Timebase {
  uint64_t offset_ns;
  uint64_t clock_ns;
};

/// A flush begins another timeline. What is sent again to another host may reach back over one, and
/// each of its frames is to get the time that it had. The first timeline is that of the oldest
/// message that is held.
class Timebases {
 public:
  /// The host has told it while it handled the message at `position`.
  void told(uint64_t position, Timebase timebase) {
    size_t at = current_;
    while (at > 0 && timelines_[at].begins > position) at--;
    timelines_[at].timebase = timebase;
  }

  /// A flush was sent as a whole. @returns what is known of the timeline behind it
  std::optional<Timebase> flush_sent(uint64_t position) {
    current_++;
    if (current_ == timelines_.size()) timelines_.emplace_back();
    timelines_[current_].begins = position;
    return timelines_[current_].timebase;
  }

  /// A flush that was sent is not held any more.
  void flush_released() {
    timelines_.pop_front();
    current_--;
  }

  /// Another host is sent everything again. @returns what is known of the first timeline
  std::optional<Timebase> restart() {
    current_ = 0;
    timelines_.front().begins = 0;
    return timelines_.front().timebase;
  }

  /// The stream of the first timeline has ended; what follows begins anew.
  void ended() { timelines_.front().timebase.reset(); }

 private:
  struct Timeline {
    /// Position of its first byte on the wire.
    uint64_t begins = 0;
    std::optional<Timebase> timebase;
  };
  std::deque<Timeline> timelines_ = std::deque<Timeline>(1);
  /// What is sent now is of this one.
  size_t current_ = 0;
};

}  // namespace kvs
