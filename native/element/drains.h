// What the core was asked to settle and has settled.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace kvs {

/// Any thread. The core answers every drain, in order.
class Drains {
 public:
  /// A frame or a piece of metadata goes to the core.
  void count_handed_over() { handed_over_++; }

  /// @returns the number of the drain that is asked for now
  uint64_t ask() {
    std::lock_guard lock(mutex_);
    marks_.push_back(handed_over_);
    return ++asked_;
  }

  /// @returns the number of the drain that is answered; nothing when none was open
  std::optional<uint64_t> answer() {
    std::lock_guard lock(mutex_);
    if (marks_.empty()) return std::nullopt;
    settled_ = marks_.front();
    marks_.pop_front();
    return ++answered_;
  }

  /// What was handed over and is not settled.
  uint64_t unsettled() const {
    std::lock_guard lock(mutex_);
    return handed_over_ - settled_;
  }

 private:
  std::atomic<uint64_t> handed_over_{0};
  mutable std::mutex mutex_;  // of what follows
  uint64_t asked_ = 0;
  uint64_t answered_ = 0;
  /// What had been handed over when each drain that has no answer yet was asked for.
  std::deque<uint64_t> marks_;
  uint64_t settled_ = 0;
};

}  // namespace kvs
