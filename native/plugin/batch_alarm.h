// When the first of the batches that wait is due.
#pragma once

#include <cstdint>
#include <mutex>

#include "platform.h"

namespace kvs {

/// Wakes the thread that polls when a batch has waited as long as it may. A batch is nearly always
/// sent before, by the frame that ends it; so neither setting nor clearing it wakes anybody.
class BatchAlarm {
 public:
  /// Once, before the rest. @returns false with errno when there are no descriptors left.
  bool open();
  bool is_open() const { return timer_.is_open(); }

  /// To be polled for POLLIN.
  int fd() const { return timer_.fd(); }

  /// It goes off by then, on the clock of ElementHeader::monotonic_ns. Any thread.
  void ring_by(uint64_t time_ns);

  /// Whoever is going to send all that waits says so, before looking at what that is: of a batch
  /// that is begun later the alarm is told later. Any thread.
  void silence();

  /// The thread that polls. @returns whether the alarm went off
  bool answer();

 private:
  std::mutex mutex_;
  Timer timer_;
  uint64_t rings_at_ns_ = UINT64_MAX;
};

}  // namespace kvs
