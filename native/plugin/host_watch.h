// Whether a host is alive, by what it says and by when.
#pragma once

#include <chrono>

namespace kvs {

/// What follows from a look at a host.
enum class HostState {
  /// It has said something since the last look, or it is not time yet.
  kAlive,
  /// Nothing was heard since the last look: it is to be asked for a sign of life.
  kQuiet,
  /// It was asked, and its time is up.
  kHung,
};

/// Looks at a host about once a second. Whatever comes from the host is a sign of life, so one that
/// is busy with frames is never asked. What has arrived is to be read before each look.
class HostWatch {
 public:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  /// How often a host is looked at.
  static constexpr Milliseconds kTick{1'000};
  /// Until its first word a host has so many times as long: node has to start, perhaps on a machine
  /// that is busy with just that.
  static constexpr int kStartFactor = 4;

  explicit HostWatch(Clock::time_point now) : looked_(now) {}

  /// Something came from the host.
  void heard() {
    heard_ = true;
    has_spoken_ = true;
  }

  /// How long a host of this limit may take until its first word; zero: forever.
  static constexpr Milliseconds start_limit(Milliseconds limit) { return kStartFactor * limit; }

  /// It has said something at least once.
  bool has_spoken() const { return has_spoken_; }

  /// Nothing will be asked any more: from now on it has `limit` to end, whatever it says.
  void ends_within(Milliseconds limit);

  /// @param limit how long the host may be silent; zero: forever
  HostState look(Clock::time_point now, Milliseconds limit);

  /// When to look again; negative: never.
  Milliseconds next_look(Clock::time_point now, Milliseconds limit) const;

  /// How long it has been silent, as of the last look.
  Milliseconds silence() const { return silence_; }

 private:
  HostState look_at_leaving(Milliseconds step);

  Clock::time_point looked_;
  Milliseconds silence_{0};
  /// Of a host that is to end: what is left of its time.
  Milliseconds left_{0};
  bool heard_ = false;
  bool has_spoken_ = false;
  bool was_asked_ = false;
  bool is_leaving_ = false;
};

}  // namespace kvs
