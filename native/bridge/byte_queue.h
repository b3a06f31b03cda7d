// A queue of bytes between one writer and one reader, both under the owner's lock.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace kvs {

/// Bytes in, bytes out, in chunks that are taken from the operating system as the queue fills and
/// given back as it empties: beside what it holds there are spare ones of 2 MiB at most, or half as
/// many as are in use. Memory that is taken anew costs a page fault for each 4 KiB, which is more
/// than it costs to copy them, and a live queue empties with each fragment that is settled. Spare
/// chunks that were not needed for a while are given back too: a stall is no reason to keep them.
class ByteQueue {
 public:
  static constexpr size_t kDefaultChunkBytes = 64 * 1024;
  /// Two seconds of 8 Mbit/s.
  static constexpr size_t kSpareChunks = 32;
  /// Spare chunks that none of so many was taken from are given back.
  static constexpr size_t kChunksInAWhile = 64;

  explicit ByteQueue(size_t chunk_bytes = kDefaultChunkBytes) : chunk_bytes_(chunk_bytes) {}

  size_t used() const { return used_; }
  /// Bytes of memory in use, spare chunks included.
  size_t committed() const { return (chunks_.size() + spare_.size()) * chunk_bytes_; }

  /// Makes sure that `size` more bytes can be appended.
  /// @returns false when the memory cannot be had; nothing has changed then.
  bool reserve(size_t size);

  /// Appends bytes that were reserved.
  void append(const void* data, size_t size);

  /// Copies `size` bytes from `offset` behind the oldest byte. They must be there.
  void peek(size_t offset, void* out, size_t size) const;

  /// Overwrites bytes that are already in the queue.
  void poke(size_t offset, const void* data, size_t size);

  /// The bytes from `offset` in place, in at most `max` spans: `size` of them, or fewer.
  /// @returns the number of spans.
  int spans(size_t offset, size_t size, iovec* out, int max) const;

  /// Forgets the oldest `size` bytes.
  void drop(size_t size);

  void clear() { drop(used_); }

 private:
  /// Memory of its own, so that the operating system has it back at once.
  struct Unmap {
    size_t size;
    void operator()(uint8_t* memory) const;
  };
  using Chunk = std::unique_ptr<uint8_t[], Unmap>;

  Chunk take_chunk();
  void give_back_spare();
  void note_taken();
  template <typename Visit>
  void visit(size_t offset, size_t size, Visit visit) const;

  const size_t chunk_bytes_;
  std::deque<Chunk> chunks_;
  /// The last one was in use last.
  std::vector<Chunk> spare_;
  /// Chunks taken since the last look at the spare ones, and the fewest that were left meanwhile.
  size_t taken_ = 0;
  size_t fewest_spare_ = 0;
  size_t head_ = 0;  // of the oldest byte in the first chunk
  size_t used_ = 0;
};

}  // namespace kvs
