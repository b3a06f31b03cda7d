#include "byte_queue.h"

#include <sys/mman.h>

#include <algorithm>  // std::min
#include <cassert>
#include <cstddef>  // std::ptrdiff_t
#include <cstring>
#include <utility>

namespace kvs {

namespace {

/// All of a chunk is about to be written: Linux takes its pages with it, without a fault for each.
#ifdef __linux__
constexpr int kNewPages = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
#else
constexpr int kNewPages = MAP_PRIVATE | MAP_ANONYMOUS;
#endif

}  // namespace

void ByteQueue::Unmap::operator()(uint8_t* memory) const {
  munmap(memory, size);
}

ByteQueue::Chunk ByteQueue::take_chunk() {
  if (!spare_.empty()) {
    Chunk chunk = std::move(spare_.back());
    spare_.pop_back();
    fewest_spare_ = std::min(fewest_spare_, spare_.size());
    return chunk;
  }
  void* memory = mmap(nullptr, chunk_bytes_, PROT_READ | PROT_WRITE, kNewPages, -1, 0);
  auto* bytes = memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
  return Chunk(bytes, Unmap{chunk_bytes_});
}

void ByteQueue::give_back_unneeded(uint64_t now_ns) {
  if (now_ns < looked_ns_ + kWhileNs) return;
  give_back_oldest(fewest_spare_);
  looked_ns_ = now_ns;
  fewest_spare_ = spare_.size();
}

/// The oldest of the spare chunks are those that nobody needed.
void ByteQueue::give_back_oldest(size_t count) {
  spare_.erase(spare_.begin(), spare_.begin() + static_cast<std::ptrdiff_t>(count));
  fewest_spare_ = std::min(fewest_spare_, spare_.size());
}

bool ByteQueue::reserve(size_t size, uint64_t now_ns) {
  const size_t before = chunks_.size();
  while (head_ + used_ + size > chunks_.size() * chunk_bytes_) {
    Chunk chunk = take_chunk();
    if (chunk == nullptr) {
      chunks_.resize(before);
      return false;
    }
    chunks_.push_back(std::move(chunk));
  }
  give_back_unneeded(now_ns);
  return true;
}

/// Calls `visit(bytes, count)` for each piece of memory that these bytes lie in.
template <typename Visit>
void ByteQueue::visit(size_t offset, size_t size, Visit visit) const {
  size_t at = head_ + offset;
  while (size > 0) {
    const size_t in_chunk = at % chunk_bytes_;
    const size_t count = std::min(size, chunk_bytes_ - in_chunk);
    if (!visit(chunks_[at / chunk_bytes_].get() + in_chunk, count)) return;
    at += count;
    size -= count;
  }
}

void ByteQueue::append(const void* data, size_t size) {
  const auto* from = static_cast<const uint8_t*>(data);
  const size_t at = used_;
  used_ += size;
  visit(at, size, [&](uint8_t* bytes, size_t count) {
    std::memcpy(bytes, from, count);
    from += count;
    return true;
  });
}

void ByteQueue::peek(size_t offset, void* out, size_t size) const {
  assert(offset + size <= used_);
  auto* to = static_cast<uint8_t*>(out);
  visit(offset, size, [&](const uint8_t* bytes, size_t count) {
    std::memcpy(to, bytes, count);
    to += count;
    return true;
  });
}

void ByteQueue::poke(size_t offset, const void* data, size_t size) {
  assert(offset + size <= used_);
  const auto* from = static_cast<const uint8_t*>(data);
  visit(offset, size, [&](uint8_t* bytes, size_t count) {
    std::memcpy(bytes, from, count);
    from += count;
    return true;
  });
}

int ByteQueue::spans(size_t offset, size_t size, iovec* out, int max) const {
  assert(offset + size <= used_);
  int found = 0;
  visit(offset, size, [&](uint8_t* bytes, size_t count) {
    out[found++] = {bytes, count};
    return found < max;
  });
  return found;
}

void ByteQueue::drop(size_t size) {
  assert(size <= used_);
  used_ -= size;
  head_ += size;
  const bool is_empty = used_ == 0;
  while (!chunks_.empty() && (head_ >= chunk_bytes_ || is_empty)) {
    spare_.push_back(std::move(chunks_.front()));
    chunks_.pop_front();
    head_ -= std::min(head_, chunk_bytes_);
  }
  if (is_empty) head_ = 0;
  if (spare_.size() > kMaxSpareChunks) give_back_oldest(spare_.size() - kMaxSpareChunks);
}

}  // namespace kvs
