// The clock of ElementHeader::monotonic_ns.
#pragma once

#include <chrono>
#include <cstdint>

namespace kvs {

inline uint64_t monotonic_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

}  // namespace kvs
