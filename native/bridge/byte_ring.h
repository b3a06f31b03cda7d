// A ring of bytes between one writer and one reader, both under the owner's lock.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kvs {

/// Bytes in, bytes out. Memory is allocated at once but committed by the operating system only
/// where it was written to, so a ring that becomes empty starts again at its first byte: in steady
/// operation it touches no more than its highest fill.
class ByteRing {
 public:
  explicit ByteRing(size_t capacity);

  size_t capacity() const { return capacity_; }
  size_t used() const { return used_; }

  /// Appends; grows where there is no room. What may be appended is the owner's decision.
  void append(const void* data, size_t size);

  /// Makes room for `size` more bytes, so that the appends that follow move nothing.
  void reserve(size_t size);

  /// Copies `size` bytes from `offset` behind the oldest byte. They must be there.
  void peek(size_t offset, void* out, size_t size) const;

  /// Overwrites bytes that are already in the ring.
  void poke(size_t offset, const void* data, size_t size);

  /// The `size` bytes from `offset` in place: one or two spans.
  /// @returns the number of spans.
  int spans(size_t offset, size_t size, iovec out[2]) const;

  /// Forgets the oldest `size` bytes.
  void drop(size_t size);

  void clear() { drop(used_); }

 private:
  void grow(size_t needed);

  size_t capacity_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t head_ = 0;
  size_t used_ = 0;
};

}  // namespace kvs
