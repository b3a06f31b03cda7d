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

void append(ByteQueue& bytes, const std::string& text) {
  CHECK(bytes.reserve(text.size()));
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

TEST("bytes hold the memory that they need, and give it back") {
  const size_t chunk = 4096;
  ByteQueue bytes(chunk);
  CHECK_EQUAL(bytes.committed(), size_t{0});
  const size_t spare = ByteQueue::kSpareChunks;
  append(bytes, std::string(100 * chunk, 'x'));
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  bytes.drop(99 * chunk + 1);
  CHECK_EQUAL(bytes.committed(), (1 + spare) * chunk);
  bytes.clear();
  CHECK_EQUAL(bytes.committed(), spare * chunk);
  append(bytes, "again");
  CHECK_EQUAL(bytes.committed(), spare * chunk);
  CHECK_EQUAL(contents(bytes), "again");
}

TEST("bytes that move on use the memory again that they leave") {
  const size_t chunk = 4096;
  ByteQueue bytes(chunk);
  append(bytes, std::string(100 * chunk, 'x'));
  bytes.drop(30 * chunk);
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  append(bytes, std::string(30 * chunk, 'y'));
  CHECK_EQUAL(bytes.committed(), 100 * chunk);
  bytes.drop(60 * chunk);
  CHECK_EQUAL(bytes.committed(), (40 + ByteQueue::kSpareChunks) * chunk);
}

TEST("bytes give back the memory that they needed once, as they go on with less") {
  const size_t chunk = 4096;
  ByteQueue bytes(chunk);
  append(bytes, std::string(30 * chunk, 'x'));
  bytes.clear();
  CHECK_EQUAL(bytes.committed(), 30 * chunk);
  for (int turn = 0; turn < 100; turn++) {
    append(bytes, std::string(3 * chunk, 'y'));
    bytes.clear();
  }
  CHECK_EQUAL(bytes.committed(), 3 * chunk);
}

TEST("memory that cannot be had is refused, and nothing has changed") {
  ByteQueue bytes(size_t{1} << 62);
  CHECK(!bytes.reserve(1));
  CHECK_EQUAL(bytes.used(), size_t{0});
}
