// Frames of a stream that are not stored, and never will be.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>  // std::exchange

#include "../bridge/bridge.h"

namespace kvs {

/// Any thread.
class Losses {
 public:
  /// Frames were dropped by the bridge that the bus has not heard of. Asked at each frame.
  bool has_untold() const { return has_untold_; }

  /// A drop goes on for many frames; it is told at its beginning and then once a second.
  /// @param at_once also what was dropped less than a second after the last report
  /// @returns what is to be told now
  Loss take_due(const Loss& fresh, uint64_t now_us, bool at_once) {
    constexpr uint64_t kReportIntervalUs = 1'000'000;
    std::lock_guard lock(mutex_);
    untold_.add(fresh);
    const bool is_due = at_once || now_us - told_us_ >= kReportIntervalUs;
    has_untold_ = !is_due;
    if (!is_due) return {};
    told_us_ = now_us;
    return std::exchange(untold_, {});
  }

  /// The bus has heard of so many.
  void count(const std::string& reason, uint64_t frames) {
    std::lock_guard lock(mutex_);
    frames_by_reason_[reason] += frames;
  }

  /// All that the bus has heard of since the last call.
  std::map<std::string, uint64_t> take_counts() {
    std::lock_guard lock(mutex_);
    return std::exchange(frames_by_reason_, {});
  }

 private:
  std::atomic<bool> has_untold_{false};
  std::mutex mutex_;  // of what follows
  Loss untold_;
  uint64_t told_us_ = 0;
  std::map<std::string, uint64_t> frames_by_reason_;
};

}  // namespace kvs
