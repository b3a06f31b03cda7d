// Waiting for the core's answers to drains.
#pragma once

#include <chrono>
#include <condition_variable>  // std::condition_variable
#include <mutex>

#include "bridge.h"

namespace kvs {

/// The core answers every drain; a wait ends when none is without an answer.
class DrainCounter {
 public:
  void asked() {
    std::lock_guard lock(mutex_);
    open_++;
    interrupted_ = false;
  }

  void answered() {
    std::lock_guard lock(mutex_);
    if (open_ > 0) open_--;
    ended_.notify_all();
  }

  /// Ends waits that are under way.
  void interrupt() {
    std::lock_guard lock(mutex_);
    interrupted_ = true;
    ended_.notify_all();
  }

  /// No answer will come any more: ends this and every later wait.
  void fail() {
    std::lock_guard lock(mutex_);
    failed_ = true;
    ended_.notify_all();
  }

  DrainWait wait(uint64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    const bool ended = ended_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                       [this] { return open_ == 0 || interrupted_ || failed_; });
    if (!ended) return DrainWait::kTimeout;
    return open_ == 0 ? DrainWait::kDrained : DrainWait::kInterrupted;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  unsigned open_ = 0;
  bool interrupted_ = false;
  bool failed_ = false;
};

}  // namespace kvs
