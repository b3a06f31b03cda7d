#include "byte_ring.h"

#include <algorithm>  // std::min
#include <cassert>
#include <cstring>

namespace kvs {

// `new uint8_t[n]` without initialiser: a value-initialised array would commit every page.
ByteRing::ByteRing(size_t capacity) : capacity_(capacity), bytes_(new uint8_t[capacity]) {}

void ByteRing::append(const void* data, size_t size) {
  if (size == 0) return;
  reserve(size);
  const size_t tail = (head_ + used_) % capacity_;
  const size_t first = std::min(size, capacity_ - tail);
  std::memcpy(bytes_.get() + tail, data, first);
  std::memcpy(bytes_.get(), static_cast<const uint8_t*>(data) + first, size - first);
  used_ += size;
}

void ByteRing::reserve(size_t size) {
  if (size > capacity_ - used_) grow(used_ + size);
}

void ByteRing::grow(size_t needed) {
  const size_t capacity = std::max(needed, capacity_ * 2);
  std::unique_ptr<uint8_t[]> larger(new uint8_t[capacity]);
  peek(0, larger.get(), used_);
  bytes_ = std::move(larger);
  capacity_ = capacity;
  head_ = 0;
}

void ByteRing::peek(size_t offset, void* out, size_t size) const {
  iovec parts[2];
  auto* to = static_cast<uint8_t*>(out);
  for (int i = 0, n = spans(offset, size, parts); i < n; i++) {
    std::memcpy(to, parts[i].iov_base, parts[i].iov_len);
    to += parts[i].iov_len;
  }
}

void ByteRing::poke(size_t offset, const void* data, size_t size) {
  iovec parts[2];
  const auto* from = static_cast<const uint8_t*>(data);
  for (int i = 0, n = spans(offset, size, parts); i < n; i++) {
    std::memcpy(parts[i].iov_base, from, parts[i].iov_len);
    from += parts[i].iov_len;
  }
}

int ByteRing::spans(size_t offset, size_t size, iovec out[2]) const {
  assert(offset + size <= used_);
  if (size == 0) return 0;
  const size_t start = (head_ + offset) % capacity_;
  const size_t first = std::min(size, capacity_ - start);
  out[0] = {bytes_.get() + start, first};
  if (first == size) return 1;
  out[1] = {bytes_.get(), size - first};
  return 2;
}

void ByteRing::drop(size_t size) {
  assert(size <= used_);
  used_ -= size;
  head_ = used_ == 0 ? 0 : (head_ + size) % capacity_;
}

}  // namespace kvs
