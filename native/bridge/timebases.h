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

/// A flush begins another timeline, and within one the offsets follow the source's clock. What is
/// sent again to another host is to get the times that it had: so for each timeline those offsets
/// are kept that held from the oldest message on that is held. The first timeline is that
/// message's.
class Timebases {
 public:
  /// The host has told it while it handled the message at `position`.
  void told(uint64_t position, Timebase timebase) {
    size_t at = current_;
    while (at > 0 && timelines_[at].begins > position) at--;
    auto& told = timelines_[at].told;
    if (!told.empty() && told.back().position == position) told.pop_back();
    told.push_back({position, timebase});
  }

  /// Messages before this position are not held any more.
  void released(uint64_t position) {
    auto& told = timelines_.front().told;
    while (told.size() > 1 && told[1].position <= position) told.pop_front();
  }

  /// A flush was sent as a whole. @returns what is known of the timeline behind it
  std::optional<Timebase> flush_sent(uint64_t position) {
    current_++;
    if (current_ == timelines_.size()) timelines_.emplace_back();
    timelines_[current_].begins = position;
    return timelines_[current_].first();
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
    // The next host tells what follows anew, by positions of its own.
    for (Timeline& timeline : timelines_) {
      if (!timeline.told.empty()) timeline.told = {{0, timeline.told.front().timebase}};
    }
    return timelines_.front().first();
  }

  /// The stream of the first timeline has ended; what follows begins anew.
  void ended() { timelines_.front().told.clear(); }

 private:
  /// Holds from this position on the wire.
  struct Told {
    uint64_t position;
    Timebase timebase;
  };
  struct Timeline {
    /// Position of its first byte on the wire.
    uint64_t begins = 0;
    std::deque<Told> told;

    /// What holds at the oldest of its messages that is held.
    std::optional<Timebase> first() const {
      return told.empty() ? std::nullopt : std::optional(told.front().timebase);
    }
  };
  std::deque<Timeline> timelines_ = std::deque<Timeline>(1);
  /// What is sent now is of this one.
  size_t current_ = 0;
};

}  // namespace kvs
