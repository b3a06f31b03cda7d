#include "host_deaths.h"

#include <algorithm>  // std::max
#include <iterator>   // std::size

namespace kvs {

std::optional<std::chrono::milliseconds> HostDeaths::after(const HostLife& life) {
  const bool is_in_vain = is_quick(life) && !life.has_settled;
  in_a_row_ = is_in_vain ? in_a_row_ + 1 : 0;
  was_sound_ = was_sound_ || life.has_spoken;
  silent_ = life.has_spoken ? 0 : silent_ + 1;
  const int pauses = static_cast<int>(std::size(kPauses));
  if (silent_ >= kMaxSilent || in_a_row_ > pauses) return std::nullopt;
  return kPauses[std::max(in_a_row_ - 1, 0)];
}

}  // namespace kvs
