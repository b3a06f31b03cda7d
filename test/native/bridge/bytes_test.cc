// The bytes that wait, in chunks of memory.
#include <string>

#include "../../../native/bridge/byte_queue.h"
#include "../check.h"

using namespace kvs;

namespace {

std::string contents(const ByteQueue& bytes) {
  std::string text(bytes.used(), '\0');
  bytes.peek(0, text.data(), text.size());
  return text;
}

void append(ByteQueue& bytes, const std::string& text, uint64_t now_ns = 0) {
  CHECK(bytes.reserve(text.size(), now_ns));
  bytes.append(text.data(), text.size());
}

}  // namespace

TEST("bytes come out in order across the ends of chunks") {
  ByteQueue bytes(8);
  append(bytes, "abcdef");
  bytes.drop(4);
  append(bytes, "ghijklmnopq");
  CHECK_EQUAL(contents(bytes), "efghijklmnopq");
  bytes.poke(3, "HIJ", 3);
  CHECK_EQUAL(contents(bytes), "efgHIJklmnopq");
  iovec parts[8];
  CHECK_EQUAL(bytes.spans(0, 13, parts, 8), 3);
  CHECK_EQUAL(parts[0].iov_len, size_t{4});
  CHECK_EQUAL(parts[1].iov_len, size_t{8});
  CHECK_EQUAL(parts[2].iov_len, size_t{1});
  CHECK_EQUAL(bytes.spans(0, 13, parts, 2), 2);
}

TEST("bytes hold the memory that they need, and what they needed a moment ago") {
  const size_t chunk = 4096;
  ByteQueue bytes(chunk);
  CHECK_EQUAL(bytes.committed(), size_t{0});
  append(bytes, std::string(100 * chunk, 'x'));
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  bytes.drop(99 * chunk + 1);
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  bytes.clear();
  append(bytes, "again");
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  CHECK_EQUAL(contents(bytes), "again");
}

TEST("bytes that rise and fall take no memory anew") {
  const size_t chunk = 4096;
  const size_t most = ByteQueue::kMaxSpareChunks;
  ByteQueue bytes(chunk);
  append(bytes, std::string(most * chunk, 'x'));
  for (uint64_t turn = 1; turn < 100; turn++) {
    const uint64_t now_ns = turn * ByteQueue::kWhileNs / 10;
    bytes.drop((most - turn) * chunk);
    CHECK_EQUAL(bytes.committed(), most * chunk);
    append(bytes, std::string((most - turn) * chunk, 'y'), now_ns);
    CHECK_EQUAL(bytes.committed(), most * chunk);
  }
}

TEST("bytes keep so much spare memory and no more") {
  const size_t chunk = 4096;
  const size_t most = ByteQueue::kMaxSpareChunks;
  ByteQueue bytes(chunk);
  append(bytes, std::string(3 * most * chunk, 'x'));
  bytes.drop(most * chunk);
  CHECK_EQUAL(bytes.committed(), 3 * most * chunk);
  bytes.clear();
  CHECK_EQUAL(bytes.committed(), most * chunk);
}

TEST("bytes give back the memory that they did not need for a while") {
  const size_t chunk = 4096;
  ByteQueue bytes(chunk);
  uint64_t now_ns = ByteQueue::kWhileNs;
  append(bytes, std::string(30 * chunk, 'x'), now_ns);
  bytes.clear();
  append(bytes, std::string(20 * chunk, 'y'), now_ns + ByteQueue::kWhileNs / 2);
  bytes.clear();
  // All of it was in use since the last look.
  append(bytes, std::string(3 * chunk, 'y'), now_ns += ByteQueue::kWhileNs);
  CHECK_EQUAL(bytes.committed(), 30 * chunk);
  bytes.clear();
  append(bytes, std::string(5 * chunk, 'y'), now_ns + ByteQueue::kWhileNs - 1);
  CHECK_EQUAL(bytes.committed(), 30 * chunk);
  bytes.clear();
  append(bytes, std::string(chunk, 'y'), now_ns += ByteQueue::kWhileNs);
  CHECK_EQUAL(bytes.committed(), 5 * chunk);
}

TEST("memory that cannot be had is refused, and nothing has changed") {
  ByteQueue bytes(size_t{1} << 62);
  CHECK(!bytes.reserve(1, 0));
  CHECK_EQUAL(bytes.used(), size_t{0});
}
