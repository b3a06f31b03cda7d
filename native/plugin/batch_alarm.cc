#include "batch_alarm.h"

#include <algorithm>  // std::max

namespace kvs {

bool BatchAlarm::open() {
  return timer_.open();
}

void BatchAlarm::ring_by(uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  if (rings_at_ns_ <= time_ns) return;
  rings_at_ns_ = time_ns;
  timer_.set(std::max(uint64_t{1}, time_ns));
}

void BatchAlarm::silence() {
  std::lock_guard lock(mutex_);
  if (rings_at_ns_ == UINT64_MAX) return;
  rings_at_ns_ = UINT64_MAX;
  timer_.clear();
}

bool BatchAlarm::answer() {
  std::lock_guard lock(mutex_);
  // Set anew since it went off.
  if (!timer_.answer()) return false;
  rings_at_ns_ = UINT64_MAX;
  return true;
}

}  // namespace kvs
