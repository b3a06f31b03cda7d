// The messages on the wire: their headers, and how they are read however they are cut.
#include <algorithm>  // std::min
#include <cstring>
#include <string>

#include "../../../native/bridge/wire.h"
#include "../../../native/plugin/host_reader.h"
#include "../check.h"

using namespace kvs;

TEST("a header has the offsets of docs/5-inside/bridge.md, little-endian") {
  ElementHeader header;
  header.size = 0x01020304;
  header.type = ElementMessage::kGap;
  header.track = 9;
  header.flags = 0x1122;
  header.pts_ns = 1;
  header.dts_ns = 2;
  header.duration_ns = 3;
  header.monotonic_ns = 4;
  header.sequence = 5;
  header.element = 6;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  const uint8_t expected[48] = {4, 3, 2, 1, 7, 9, 0x22, 0x11, 1, 0, 0, 0, 0, 0, 0, 0,
                                2, 0, 0, 0, 0, 0, 0,    0,    3, 0, 0, 0, 0, 0, 0, 0,
                                4, 0, 0, 0, 0, 0, 0,    0,    5, 0, 0, 0, 6, 0, 0, 0};
  CHECK_EQUAL(std::memcmp(bytes, expected, sizeof(expected)), 0);
}

TEST("the host's messages come out whole however they are cut") {
  std::string bytes;
  for (uint32_t i = 0; i < 50; i++) {
    HostHeader header;
    header.size = i * 3;
    header.element = i;
    header.event = 5;
    header.code = uint64_t{i} << 40;
    bytes.append(reinterpret_cast<const char*>(&header), sizeof(header));
    bytes.append(i * 3, static_cast<char>('a' + i % 26));
  }
  for (const size_t step : {size_t{1}, size_t{7}, size_t{24}, size_t{1000}, bytes.size()}) {
    HostReader reader;
    uint32_t next = 0;
    for (size_t at = 0; at < bytes.size(); at += step) {
      const size_t size = std::min(step, bytes.size() - at);
      CHECK(reader.push(reinterpret_cast<const uint8_t*>(bytes.data()) + at, size,
                        [&](const HostHeader& header, std::string_view payload) {
                          CHECK_EQUAL(header.element, next);
                          CHECK_EQUAL(header.code, uint64_t{next} << 40);
                          CHECK_EQUAL(payload.size(), size_t{next} * 3);
                          next++;
                        }));
    }
    CHECK_EQUAL(next, 50u);
  }
}

TEST("a length that makes no sense ends the reading") {
  HostReader reader;
  const std::string bytes(64, '\xff');
  CHECK(!reader.push(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                     [](const HostHeader&, std::string_view) {}));
}
