// At which key frames event-metadata raises its event.
#pragma once

#include <mutex>

namespace kvs {

/// Any thread.
class EventTurns {
 public:
  /// The event is due at the next key frame: the stream begins, or the property was set.
  void start_over() {
    std::lock_guard lock(mutex_);
    due_ = true;
  }

  /// A key frame of the first track comes. @returns true at the first one, and at each Nth after it
  bool take_turn(unsigned every) {
    std::lock_guard lock(mutex_);
    if (!due_ && ++key_frames_ < every) return false;
    due_ = false;
    key_frames_ = 0;
    return true;
  }

 private:
  std::mutex mutex_;  // of what follows
  bool due_ = true;
  unsigned key_frames_ = 0;  // since the last event
};

}  // namespace kvs
