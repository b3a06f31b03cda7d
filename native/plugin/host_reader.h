// Cuts what comes from the host into messages.
#pragma once

#include <string_view>
#include <vector>

#include "../bridge/wire.h"

namespace kvs {

/// Incremental: any number of bytes at a time.
class HostReader {
 public:
  /// @param on_message called as (HostHeader, std::string_view payload), in order.
  /// @returns false when the bytes cannot be messages: the connection is of no use any more.
  template <typename OnMessage>
  bool push(const uint8_t* data, size_t size, OnMessage on_message) {
    bytes_.insert(bytes_.end(), data, data + size);
    size_t at = 0;
    while (bytes_.size() - at >= sizeof(HostHeader)) {
      HostHeader header;
      std::memcpy(&header, bytes_.data() + at, sizeof(header));
      if (header.size > kMaxPayloadBytes) return false;
      if (bytes_.size() - at < sizeof(header) + header.size) break;
      on_message(header, std::string_view(
                             reinterpret_cast<const char*>(bytes_.data()) + at + sizeof(header),
                             header.size));
      at += sizeof(header) + header.size;
    }
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace kvs
