// The ring, the queue and the readers: plain C++, without GStreamer and Node.
#include <algorithm>  // std::min
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../../native/bridge/byte_ring.h"
#include "../../native/bridge/element_queue.h"
#include "../../native/plugin/host_reader.h"
#include "check.h"

using namespace kvs;

namespace {

constexpr size_t kHeader = sizeof(ElementHeader);

std::string contents(const ByteRing& ring) {
  std::string text(ring.used(), '\0');
  ring.peek(0, text.data(), text.size());
  return text;
}

PushResult push(ElementQueue& queue, size_t size, bool key, uint8_t track = 1,
                uint64_t pts = kTimeNone) {
  const std::string payload(size, key ? 'K' : 'd');
  ElementHeader header;
  header.track = track;
  header.flags = key ? kKeyFrame : 0;
  header.pts_ns = pts;
  const Chunk chunk{payload.data(), payload.size()};
  return queue.push_frame(header, &chunk, 1);
}

std::vector<ElementHeader> headers(const std::string& bytes) {
  std::vector<ElementHeader> all;
  for (size_t at = 0; at < bytes.size();) {
    ElementHeader header;
    std::memcpy(&header, bytes.data() + at, kHeader);
    all.push_back(header);
    at += message_bytes(header);
  }
  return all;
}

/// Everything that the queue is willing to send, through a socket that takes `limit` bytes.
std::string send_all(ElementQueue& queue, size_t limit = SIZE_MAX) {
  std::string out;
  queue.send([&](iovec* parts, int count) -> ssize_t {
    size_t taken = 0;
    for (int i = 0; i < count; i++) {
      const size_t room = std::min(parts[i].iov_len, limit - out.size());
      out.append(static_cast<const char*>(parts[i].iov_base), room);
      taken += room;
      if (room < parts[i].iov_len) break;
    }
    return static_cast<ssize_t>(taken);
  });
  return out;
}

std::string pull_all(ElementQueue& queue) {
  std::string out(1 << 20, '\0');
  out.resize(static_cast<size_t>(queue.pull(reinterpret_cast<uint8_t*>(out.data()), out.size())));
  return out;
}

void control(ElementQueue& queue, ElementMessage type, const char* key, const char* json = "") {
  Control message{type, 1};
  message.payload = json;
  message.retain_key = key;
  queue.push_control(message);
}

}  // namespace

TEST("a header has the offsets of docs/bridge.md, little-endian") {
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

TEST("the ring keeps bytes in order across its end") {
  ByteRing ring(8);
  ring.append("abcdef", 6);
  ring.drop(4);
  ring.append("ghijk", 5);
  CHECK_EQUAL(contents(ring), "efghijk");
  CHECK_EQUAL(ring.capacity(), size_t{8});
  iovec parts[2];
  CHECK_EQUAL(ring.spans(0, 7, parts), 2);
  CHECK_EQUAL(parts[0].iov_len + parts[1].iov_len, size_t{7});
}

TEST("the ring starts again at its first byte when it becomes empty") {
  ByteRing ring(8);
  ring.append("abcdef", 6);
  iovec before[2];
  ring.spans(0, 1, before);
  ring.drop(6);
  ring.append("xy", 2);
  iovec after[2];
  ring.spans(0, 1, after);
  CHECK(before[0].iov_base == after[0].iov_base);
}

TEST("the ring grows and keeps what it had") {
  ByteRing ring(4);
  ring.append("abc", 3);
  ring.drop(2);
  ring.append("defg", 4);
  CHECK_EQUAL(contents(ring), "cdefg");
  ring.poke(1, "XY", 2);
  CHECK_EQUAL(contents(ring), "cXYfg");
}

TEST("pull copies whole messages and tells what the next one needs") {
  ElementQueue queue(7, {});
  push(queue, 10, true, 1, 5);
  push(queue, 100, false, 2);
  std::vector<uint8_t> slab(kHeader + 10 + 5);
  CHECK_EQUAL(queue.pull(slab.data(), 20), -static_cast<int64_t>(kHeader + 10));
  CHECK_EQUAL(queue.pull(slab.data(), slab.size()), static_cast<int64_t>(kHeader + 10));
  ElementHeader header;
  std::memcpy(&header, slab.data(), kHeader);
  CHECK_EQUAL(header.element, 7u);
  CHECK_EQUAL(header.size, 10u);
  CHECK_EQUAL(header.pts_ns, uint64_t{5});
  CHECK_EQUAL(int{slab[kHeader]}, int{'K'});
  const auto rest = headers(pull_all(queue));
  CHECK_EQUAL(rest.size(), size_t{1});
  CHECK_EQUAL(rest[0].sequence, 1u);
  CHECK(queue.empty());
  CHECK_EQUAL(queue.pull(slab.data(), slab.size()), int64_t{0});
}

TEST("a full live queue drops up to the next key frame, counts, and flags the gap") {
  ElementQueue queue(1, {4000, false});
  CHECK(push(queue, 3000, true) == PushResult::kQueued);
  CHECK(push(queue, 3000, false, 1, 77) == PushResult::kDropped);
  pull_all(queue);
  CHECK(push(queue, 10, false) == PushResult::kDropped);
  CHECK(push(queue, 10, true) == PushResult::kQueued);
  CHECK(push(queue, 10, false) == PushResult::kQueued);
  const Loss loss = queue.take_loss();
  CHECK_EQUAL(loss.frames, uint64_t{2});
  CHECK_EQUAL(loss.bytes, uint64_t{3010});
  CHECK_EQUAL(loss.first_pts_ns, uint64_t{77});
  CHECK(!queue.take_loss());
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent[0].flags, uint16_t{kKeyFrame | kAfterDrop});
  CHECK_EQUAL(sent[1].flags, uint16_t{0});
}

TEST("one track's backlog leaves room for the other track") {
  ElementQueue queue(1, {4000, false});
  CHECK(push(queue, 3900, true, 1) == PushResult::kQueued);
  CHECK(push(queue, 100, true, 1) == PushResult::kDropped);
  CHECK(push(queue, 100, true, 2) == PushResult::kQueued);
  CHECK(push(queue, 100, true, 2) == PushResult::kQueued);
  CHECK(push(queue, 2000, true, 2) == PushResult::kDropped);
}

TEST("a frame larger than the whole queue passes when nothing of its track waits") {
  ElementQueue queue(1, {1000, false});
  CHECK(push(queue, 500'000, true) == PushResult::kQueued);
  CHECK(push(queue, 500'000, true) == PushResult::kDropped);
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{1});
  CHECK_EQUAL(sent[0].size, 500'000u);
}

TEST("a full offline queue blocks its streaming thread until there is room") {
  ElementQueue queue(1, {4000, true});
  push(queue, 3500, true);
  std::atomic<bool> done{false};
  std::thread pusher([&] {
    CHECK(push(queue, 3500, false) == PushResult::kQueued);
    done = true;
  });
  std::this_thread::yield();
  CHECK(!done);
  pull_all(queue);
  pusher.join();
  CHECK_EQUAL(headers(pull_all(queue)).size(), size_t{1});
}

TEST("flushing lets a blocked streaming thread go") {
  for (int way = 0; way < 3; way++) {
    ElementQueue queue(1, {4000, true});
    push(queue, 3500, true);
    PushResult result = PushResult::kQueued;
    std::thread pusher([&] { result = push(queue, 3500, false); });
    if (way == 0) queue.set_flushing(true);
    if (way == 1) queue.set_track_flushing(1, true);
    if (way == 2) queue.close();
    pusher.join();
    CHECK(result == PushResult::kFlushing);
  }
}

TEST("no more than the window is sent beyond what was credited") {
  ElementQueue queue(1, {64 * 1024 * 1024, false});
  const size_t frame = 1024 * 1024;
  for (int i = 0; i < 10; i++) push(queue, frame, true);
  const std::string first = send_all(queue);
  CHECK_EQUAL(headers(first).size(), size_t{4});
  CHECK(!queue.sendable());
  queue.credit(2 * (frame + kHeader));
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{2});
}

TEST("a frame larger than the window goes alone") {
  ElementQueue queue(1, {64 * 1024 * 1024, false});
  push(queue, 9 * 1024 * 1024, true);
  push(queue, 10, true);
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
  queue.credit(9 * 1024 * 1024 + kHeader);
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
}

TEST("messages cut by short writes come out whole") {
  ElementQueue queue(1, {});
  std::string out;
  for (int i = 0; i < 20; i++) push(queue, static_cast<size_t>(i) * 7, i % 5 == 0);
  for (int i = 0; i < 10'000 && !queue.empty(); i++) out += send_all(queue, 13);
  const auto sent = headers(out);
  CHECK_EQUAL(sent.size(), size_t{20});
  for (uint32_t i = 0; i < 20; i++) CHECK_EQUAL(sent[i].sequence, i);
}

TEST("a new host is told what was retained, and frames go on at a key frame") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  control(queue, ElementMessage::kCaps, "caps/1", "old");
  control(queue, ElementMessage::kCaps, "caps/1", "new");
  control(queue, ElementMessage::kMetadata, "", "once");
  push(queue, 100, true);
  send_all(queue);
  push(queue, 50, false, 1, 9);
  push(queue, 60, true);
  push(queue, 70, false);
  queue.restart();
  const std::string bytes = send_all(queue);
  const auto sent = headers(bytes);
  CHECK_EQUAL(sent.size(), size_t{4});
  CHECK(sent[0].type == ElementMessage::kOpen);
  CHECK(sent[1].type == ElementMessage::kCaps);
  CHECK(bytes.find("new") != std::string::npos);
  CHECK(bytes.find("old") == std::string::npos);
  CHECK_EQUAL(sent[2].size, 60u);
  CHECK_EQUAL(sent[2].flags, uint16_t{kKeyFrame | kAfterDrop});
  CHECK_EQUAL(sent[3].size, 70u);
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  // The frame that the dead host had not credited, and the one that needs it.
  CHECK_EQUAL(loss.frames, uint64_t{2});
  CHECK_EQUAL(loss.bytes, uint64_t{150});
  CHECK(!queue.take_resumed(&loss));
}

TEST("what a dead host had consumed is not counted as lost on the way") {
  ElementQueue queue(1, {});
  push(queue, 100, true);
  const std::string bytes = send_all(queue);
  queue.credit(bytes.size());
  queue.restart();
  push(queue, 10, true);
  send_all(queue);
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{0});
}

TEST("a host that died in the middle of a frame gets the next key frame") {
  ElementQueue queue(1, {});
  push(queue, 1000, true);
  push(queue, 20, false);
  push(queue, 30, true);
  send_all(queue, 500);
  CHECK(queue.in_message());
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{1});
  CHECK_EQUAL(sent[0].size, 30u);
}

TEST("a flush takes back the end of tracks that a new host would be told") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  control(queue, ElementMessage::kTrackEos, "!eos/1");
  control(queue, ElementMessage::kFlush, "");
  send_all(queue);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{1});
  CHECK(sent[0].type == ElementMessage::kOpen);
}

TEST("a new host is told the timebase of the dead one, unless a flush came between") {
  ElementQueue queue(7, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  send_all(queue);
  queue.retain_timebase(1, 2);
  queue.retain_timebase(1'700'000'000'000'000'000, 1'600'000'000'000'000'000);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK(sent[1].type == ElementMessage::kTimebase);
  CHECK_EQUAL(sent[1].pts_ns, uint64_t{1'700'000'000'000'000'000});
  CHECK_EQUAL(sent[1].element, 7u);
  control(queue, ElementMessage::kFlush, "");
  send_all(queue);
  queue.restart();
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
}

TEST("close finishes the message that was begun and leaves a close") {
  ElementQueue queue(1, {});
  push(queue, 1000, true);
  push(queue, 2000, true);
  std::string out = send_all(queue, 300);
  queue.close();
  out += send_all(queue);
  const auto sent = headers(out);
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].size, 1000u);
  CHECK(sent[1].type == ElementMessage::kClose);
  CHECK(queue.empty());
}

TEST("who was told nothing of an element is not told of its close") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  queue.close();
  CHECK(queue.empty());
}

TEST("a close is sent even when the window is used up") {
  ElementQueue queue(1, {64 * 1024 * 1024, false});
  for (int i = 0; i < 6; i++) push(queue, 1024 * 1024, true);
  send_all(queue);
  queue.close();
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
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

int main(int argc, char** argv) {
  return check::run(argc, argv);
}
