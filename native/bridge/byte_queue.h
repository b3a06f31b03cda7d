// A queue of bytes between one writer and one reader, both under the owner's lock.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace kvs {

/// Bytes in, bytes out, in chunks that are taken from the operating system as the queue fills.
/// Memory that is taken anew costs a page fault for each 4 KiB, which is more than it costs to copy
/// them, and a queue empties with each fragment that is settled: so a chunk that empties stays for
/// what comes next. Spare chunks that were not needed for a while are given back: a stall is no
/// reason to keep them.
class ByteQueue {
 public:
  static constexpr size_t kDefaultChunkBytes = 64 * 1024;
  /// 32 MiB, by which the queue of a file at full speed rises and falls.
  static constexpr size_t kMaxSpareChunks = 512;
  /// Live, it falls with each fragment.
  static constexpr uint64_t kWhileNs = 10'000'000'000;

  explicit ByteQueue(size_t chunk_bytes = kDefaultChunkBytes) : chunk_bytes_(chunk_bytes) {}

  size_t used() const { return used_; }
  /// Bytes of memory in use, spare chunks included.
  size_t committed() const { return (chunks_.size() + spare_.size()) * chunk_bytes_; }

  /// Makes sure that `size` more bytes can be appended.
  /// @param now_ns on a clock that goes on; an earlier time than before changes nothing
  /// @returns false when the memory cannot be had; nothing has changed then.
  bool reserve(size_t size, uint64_t now_ns);

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
  void give_back_unneeded(uint64_t now_ns);
  void give_back_oldest(size_t count);
  template <typename Visit>
  void visit(size_t offset, size_t size, Visit visit) const;

  const size_t chunk_bytes_;
  std::deque<Chunk> chunks_;
  /// The last one was in use last.
  std::vector<Chunk> spare_;
  /// The last look at the spare ones, and the fewest that were left since.
  uint64_t looked_ns_ = 0;
  size_t fewest_spare_ = 0;
  size_t head_ = 0;  // of the oldest byte in the first chunk
  size_t used_ = 0;
};

}  // namespace kvs
