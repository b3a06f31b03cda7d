// How a writer wakes a reader that sleeps in another thread.
#pragma once

#include <atomic>

namespace kvs {

/// Rings once for everything that comes until the reader looks.
class Doorbell {
 public:
  /// Writer, after each message. @returns whether the reader is to be woken.
  bool ring() { return !rung_.exchange(true); }

  /// Reader, before it looks: what comes from now on rings again.
  void answer() { rung_ = false; }

  /// Reader, when it has found something and is going to look again: nobody need wake it before.
  /// Not when it has found nothing, for what comes behind its look is still to ring.
  void will_look_again() { rung_ = true; }

 private:
  std::atomic<bool> rung_{false};
};

}  // namespace kvs
