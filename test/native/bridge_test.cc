// The bytes, the queue and the readers: plain C++, without GStreamer and Node.
#include <algorithm>  // std::min
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../../native/bridge/byte_queue.h"
#include "../../native/bridge/element_queue.h"
#include "../../native/plugin/host_reader.h"
#include "check.h"

using namespace kvs;

namespace {

constexpr size_t kHeader = sizeof(ElementHeader);

std::string contents(const ByteQueue& bytes) {
  std::string text(bytes.used(), '\0');
  bytes.peek(0, text.data(), text.size());
  return text;
}

void append(ByteQueue& bytes, const std::string& text) {
  CHECK(bytes.reserve(text.size()));
  bytes.append(text.data(), text.size());
}

/// What a queue is pushed beside its size.
struct Pushed {
  bool key = true;
  uint8_t track = 1;
  uint64_t pts_ns = kTimeNone;
  uint64_t monotonic_ns = 0;
  WhenFull when_full = WhenFull::kDropOldest;
};

PushResult push(ElementQueue& queue, size_t size, const Pushed& pushed) {
  const std::string payload(size, pushed.key ? 'K' : 'd');
  ElementHeader header;
  header.track = pushed.track;
  header.flags = pushed.key ? kKeyFrame : 0;
  header.pts_ns = pushed.pts_ns;
  header.monotonic_ns = pushed.monotonic_ns;
  const Chunk chunk{payload.data(), payload.size()};
  return queue.push_frame(header, &chunk, 1, pushed.when_full);
}

PushResult push(ElementQueue& queue, size_t size, bool key, uint8_t track = 1,
                uint64_t pts_ns = kTimeNone) {
  return push(queue, size, {key, track, pts_ns});
}

PushResult push_waiting(ElementQueue& queue, size_t size, bool key, uint8_t track = 1) {
  return push(queue, size, {key, track, kTimeNone, 0, WhenFull::kWait});
}

/// So much may wait, and so much of it of sources that can be slowed down.
QueueLimits limits(size_t bytes, size_t waiting = SIZE_MAX) {
  QueueLimits limits;
  limits.max_bytes = bytes;
  limits.max_waiting_bytes = waiting;
  return limits;
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

/// The host says that it is done with everything.
void settle_all(ElementQueue& queue) {
  queue.settled(UINT64_MAX, UINT64_MAX);
}

std::vector<uint64_t> times(const std::vector<ElementHeader>& headers) {
  std::vector<uint64_t> times;
  for (const auto& header : headers) {
    if (header.type == ElementMessage::kFrame) times.push_back(header.pts_ns);
  }
  return times;
}

void control(ElementQueue& queue, ElementMessage type, const char* key, const char* json = "") {
  Control message{type, 1};
  message.payload = json;
  message.retain_key = key;
  queue.push_control(message);
}

}  // namespace

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
  append(bytes, std::string(10 * chunk, 'x'));
  CHECK_EQUAL(bytes.committed(), 10 * chunk);
  bytes.drop(9 * chunk + 1);
  CHECK_EQUAL(bytes.committed(), 2 * chunk);
  bytes.clear();
  CHECK_EQUAL(bytes.committed(), chunk);
  append(bytes, "again");
  CHECK_EQUAL(bytes.committed(), chunk);
  CHECK_EQUAL(contents(bytes), "again");
}

TEST("memory that cannot be had is refused, and nothing has changed") {
  ByteQueue bytes(size_t{1} << 62);
  CHECK(!bytes.reserve(1));
  CHECK_EQUAL(bytes.used(), size_t{0});
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

TEST("a full live queue drops its oldest frames up to a key frame, counts, and flags the gap") {
  ElementQueue queue(1, limits(4000));
  push(queue, 1500, true, 1, 70);
  push(queue, 1000, false, 1, 71);
  push(queue, 1000, true, 1, 72);
  CHECK(!queue.has_loss());
  CHECK(push(queue, 1000, false, 1, 73) == PushResult::kQueued);
  CHECK(queue.has_loss());
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].pts_ns, uint64_t{72});
  CHECK_EQUAL(sent[0].flags, uint16_t{kKeyFrame | kAfterDrop});
  CHECK_EQUAL(sent[1].flags, uint16_t{0});
  const Loss loss = queue.take_loss();
  CHECK_EQUAL(loss.frames, uint64_t{2});
  CHECK_EQUAL(loss.bytes, uint64_t{2500});
  CHECK_EQUAL(loss.first_pts_ns, uint64_t{70});
  CHECK_EQUAL(loss.last_pts_ns, uint64_t{71});
  CHECK(!queue.take_loss());
  CHECK(!queue.has_loss());
}

TEST("where no key frame waits, the first frame behind a gap is flagged and the core decides") {
  ElementQueue queue(1, limits(2000));
  for (int i = 0; i < 6; i++) push(queue, 900, false);
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].flags, uint16_t{kAfterDrop});
  CHECK_EQUAL(queue.take_loss().frames, uint64_t{4});
}

TEST("what waits longer than the buffer's duration is dropped, oldest first") {
  QueueLimits by_time = limits(1 << 20);
  by_time.max_duration_ns = 1000;
  ElementQueue queue(1, by_time);
  push(queue, 10, {true, 1, 1, 5000});
  push(queue, 10, {true, 1, 2, 5500});
  push(queue, 10, {true, 1, 3, 6100});
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].pts_ns, uint64_t{2});
}

TEST("messages that are no frames survive a drop, in front of what is left") {
  ElementQueue queue(1, limits(2000));
  control(queue, ElementMessage::kCaps, "caps/1", "first");
  push(queue, 900, true);
  control(queue, ElementMessage::kMetadata, "", "once");
  push(queue, 900, true, 1, 2);
  push(queue, 900, true, 1, 3);
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{4});
  CHECK(sent[0].type == ElementMessage::kCaps);
  CHECK(sent[1].type == ElementMessage::kMetadata);
  CHECK_EQUAL(sent[2].pts_ns, uint64_t{2});
}

TEST("a frame that is partly on the wire is finished before what a drop has left") {
  ElementQueue queue(1, limits(2500));
  push(queue, 1000, true, 1, 1);
  push(queue, 1000, true, 1, 2);
  std::string out = send_all(queue, 300);
  push(queue, 1000, true, 1, 3);
  push(queue, 1000, true, 1, 4);
  out += send_all(queue);
  const auto sent = headers(out);
  CHECK_EQUAL(sent.size(), size_t{3});
  CHECK_EQUAL(sent[0].pts_ns, uint64_t{1});
  CHECK_EQUAL(sent[1].pts_ns, uint64_t{3});
  CHECK_EQUAL(sent[2].pts_ns, uint64_t{4});
  CHECK_EQUAL(queue.take_loss().frames, uint64_t{1});
}

TEST("a host that dies behind a drop loses no message that was not sent") {
  ElementQueue queue(1, limits(2000));
  control(queue, ElementMessage::kOpen, "open", "{}");
  send_all(queue);
  control(queue, ElementMessage::kMetadata, "", "once");
  for (uint64_t i = 1; i < 4; i++) push(queue, 900, true, 1, i);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{4});
  CHECK(sent[0].type == ElementMessage::kOpen);
  CHECK(sent[1].type == ElementMessage::kMetadata);
  CHECK_EQUAL(sent[2].pts_ns, uint64_t{2});
}

TEST("a frame larger than the whole queue passes alone") {
  ElementQueue queue(1, limits(1000));
  CHECK(push(queue, 500'000, true) == PushResult::kQueued);
  CHECK(push(queue, 400'000, true) == PushResult::kQueued);
  const auto sent = headers(pull_all(queue));
  CHECK_EQUAL(sent.size(), size_t{1});
  CHECK_EQUAL(sent[0].size, 400'000u);
}

TEST("one track's backlog leaves room for the other track") {
  ElementQueue queue(1, limits(4000));
  CHECK(push_waiting(queue, 3900, true, 1) == PushResult::kQueued);
  CHECK(push_waiting(queue, 100, true, 2) == PushResult::kQueued);
  CHECK(push_waiting(queue, 100, true, 2) == PushResult::kQueued);
}

TEST("a source that can be slowed down waits until there is room") {
  ElementQueue queue(1, limits(1 << 20, 4000));
  push_waiting(queue, 3500, true);
  std::atomic<bool> done{false};
  std::thread pusher([&] {
    CHECK(push_waiting(queue, 3500, false) == PushResult::kQueued);
    done = true;
  });
  std::this_thread::yield();
  CHECK(!done);
  pull_all(queue);
  pusher.join();
  CHECK_EQUAL(headers(pull_all(queue)).size(), size_t{1});
  CHECK(!queue.has_loss());
}

TEST("flushing lets a blocked streaming thread go") {
  for (int way = 0; way < 3; way++) {
    ElementQueue queue(1, limits(4000));
    push_waiting(queue, 3500, true);
    PushResult result = PushResult::kQueued;
    std::thread pusher([&] { result = push_waiting(queue, 3500, false); });
    if (way == 0) queue.set_flushing(true);
    if (way == 1) queue.set_track_flushing(1, true);
    if (way == 2) queue.close();
    pusher.join();
    CHECK(result == PushResult::kFlushing);
  }
}

TEST("no more than the window is sent beyond what was credited") {
  ElementQueue queue(1, limits(64 * 1024 * 1024));
  const size_t frame = 1024 * 1024;
  for (int i = 0; i < 10; i++) push(queue, frame, true);
  const std::string first = send_all(queue);
  CHECK_EQUAL(headers(first).size(), size_t{4});
  CHECK(!queue.sendable());
  queue.credit(2 * (frame + kHeader));
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{2});
}

TEST("a frame larger than the window goes alone") {
  ElementQueue queue(1, limits(64 * 1024 * 1024));
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

TEST("a new host is told what was valid at the first frame that is sent again, then the rest") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  control(queue, ElementMessage::kCaps, "caps/1", "older");
  control(queue, ElementMessage::kCaps, "caps/1", "old");
  push(queue, 100, true, 1, 1);
  const size_t settled = send_all(queue).size();
  push(queue, 60, true, 1, 2);
  control(queue, ElementMessage::kCaps, "caps/1", "new");
  push(queue, 70, true, 1, 3);
  send_all(queue);
  push(queue, 80, true, 1, 4);
  queue.settled(settled, settled);
  queue.restart();
  const std::string bytes = send_all(queue);
  const auto sent = headers(bytes);
  CHECK_EQUAL(sent.size(), size_t{6});
  CHECK(sent[0].type == ElementMessage::kOpen);
  CHECK(sent[1].type == ElementMessage::kCaps);
  CHECK_EQUAL(sent[2].pts_ns, uint64_t{2});
  CHECK_EQUAL(sent[2].flags, uint16_t{kKeyFrame});
  CHECK(sent[3].type == ElementMessage::kCaps);
  CHECK(bytes.find("older") == std::string::npos);
  CHECK(bytes.find("old") < bytes.find("new"));
  CHECK_EQUAL(sent[5].pts_ns, uint64_t{4});
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK(!loss);
  CHECK(!queue.take_resumed(&loss));
}

TEST("what was never settled is sent again each time that a host dies") {
  ElementQueue queue(1, {});
  for (uint64_t i = 0; i < 6; i++) push(queue, 100, i % 3 == 0, 1, i);
  send_all(queue);
  for (int death = 0; death < 3; death++) {
    queue.restart();
    CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{0, 1, 2, 3, 4, 5}));
  }
  // It died in the middle of what it was sent again.
  queue.restart();
  send_all(queue, 250);
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{0, 1, 2, 3, 4, 5}));
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK(!loss);
}

TEST("frames in front of the first key frame that is needed are settled, and no loss") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  push(queue, 10, true, 2, 1);
  const size_t settled = send_all(queue).size() - kHeader - 10;
  push(queue, 100, false, 1, 2);
  push(queue, 100, true, 1, 3);
  push(queue, 100, false, 1, 4);
  send_all(queue);
  queue.settled(settled, settled);
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{1, 3, 4}));
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK(!loss);
  CHECK(!queue.has_loss());
}

TEST(
    "beyond what may be held the oldest GOPs go as a whole, and are lost if the host dies "
    "unsettled") {
  QueueLimits limits;
  limits.max_held_bytes = 2000;
  ElementQueue queue(1, limits);
  for (uint64_t i = 0; i < 9; i++) push(queue, 300, i % 3 == 0, 1, i);
  send_all(queue);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK(times(sent) == (std::vector<uint64_t>{6, 7, 8}));
  CHECK_EQUAL(sent[0].flags, uint16_t{kKeyFrame | kAfterDrop});
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{6});
  CHECK_EQUAL(loss.bytes, uint64_t{1800});
  CHECK_EQUAL(loss.first_pts_ns, uint64_t{0});
  CHECK_EQUAL(loss.last_pts_ns, uint64_t{5});
}

TEST("a frame of sound is no place where a GOP of pictures may be cut") {
  QueueLimits limits;
  limits.max_held_bytes = 1500;
  ElementQueue queue(1, limits);
  push(queue, 300, true, 1, 0);
  push(queue, 300, false, 1, 1);
  push(queue, 100, true, 2, 2);
  push(queue, 300, false, 1, 3);
  push(queue, 300, true, 1, 4);
  push(queue, 300, false, 1, 5);
  send_all(queue);
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{4, 5}));
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{4});
}

TEST("what could not be held, and was settled, is no loss") {
  QueueLimits limits;
  limits.max_held_bytes = 2000;
  ElementQueue queue(1, limits);
  for (uint64_t i = 0; i < 9; i++) push(queue, 300, i % 3 == 0, 1, i);
  send_all(queue);
  queue.settled(6 * (300 + kHeader), 6 * (300 + kHeader));
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK(times(sent) == (std::vector<uint64_t>{6, 7, 8}));
  CHECK_EQUAL(sent[0].flags, uint16_t{kKeyFrame});
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK(!loss);
}

TEST("a GOP that is too large by itself is not held; its rest is lost with the host") {
  QueueLimits limits;
  limits.max_held_bytes = 1000;
  ElementQueue queue(1, limits);
  for (uint64_t i = 0; i < 5; i++) push(queue, 300, i == 0, 1, i);
  send_all(queue);
  push(queue, 300, true, 1, 5);
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{5}));
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{5});
}

TEST("metadata of a single fragment is sent again until that fragment is settled") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  const uint64_t metadata = send_all(queue).size();
  control(queue, ElementMessage::kMetadata, "", "once");
  push(queue, 100, false, 1, 1);
  const uint64_t second = metadata + send_all(queue).size();
  push(queue, 100, true, 1, 2);
  send_all(queue);
  // The first fragment is settled; the metadata went with the second.
  queue.settled(second, metadata);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK(sent[0].type == ElementMessage::kMetadata);
  CHECK_EQUAL(sent[1].pts_ns, uint64_t{2});
  settle_all(queue);
  queue.restart();
  CHECK(headers(send_all(queue)).empty());
}

TEST("a drain is asked again behind the frames that are sent again, until it is answered") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  control(queue, ElementMessage::kTrackEos, "!eos/1");
  control(queue, ElementMessage::kDrain, "!drain");
  send_all(queue);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{3});
  CHECK(sent[0].type == ElementMessage::kFrame);
  CHECK(sent[2].type == ElementMessage::kDrain);
  queue.drained();
  queue.restart();
  const auto rest = headers(send_all(queue));
  CHECK_EQUAL(rest.size(), size_t{1});
  CHECK(rest[0].type == ElementMessage::kTrackEos);
}

TEST("an answered drain lets go of what came before it, and of nothing behind it") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  control(queue, ElementMessage::kDrain, "!drain");
  push(queue, 100, true, 1, 1);
  const uint64_t drain_end = send_all(queue).size() - 100 - kHeader;
  queue.settled(drain_end, drain_end);
  queue.drained();
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{1}));
}

TEST("frames on both sides of a flush get the times of their own timeline again") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  control(queue, ElementMessage::kFlush, "");
  push(queue, 100, true, 1, 1);
  const uint64_t sent_bytes = send_all(queue).size();
  queue.told_timebase(0, {10, 11});
  queue.told_timebase(sent_bytes - 100 - kHeader, {20, 21});
  for (int death = 0; death < 2; death++) {
    queue.restart();
    const auto sent = headers(send_all(queue));
    CHECK_EQUAL(sent.size(), size_t{5});
    CHECK(sent[0].type == ElementMessage::kTimebase);
    CHECK_EQUAL(sent[0].pts_ns, uint64_t{10});
    CHECK_EQUAL(sent[1].pts_ns, uint64_t{0});
    CHECK(sent[2].type == ElementMessage::kFlush);
    CHECK(sent[3].type == ElementMessage::kTimebase);
    CHECK_EQUAL(sent[3].pts_ns, uint64_t{20});
    CHECK_EQUAL(sent[4].pts_ns, uint64_t{1});
  }
}

TEST("what is held takes no room from what waits") {
  ElementQueue queue(1, limits(2000));
  for (uint64_t i = 0; i < 10; i++) {
    CHECK(push(queue, 900, true, 1, i) == PushResult::kQueued);
    send_all(queue);
  }
  CHECK(!queue.has_loss());
  queue.restart();
  CHECK(push(queue, 900, true, 1, 10) == PushResult::kQueued);
  CHECK(!queue.has_loss());
  CHECK_EQUAL(times(headers(send_all(queue))).size(), size_t{11});
}

TEST("where too much waits, what is held goes first, and is lost if the host dies") {
  ElementQueue queue(1, limits(2000));
  push(queue, 900, true, 1, 0);
  send_all(queue);
  for (uint64_t i = 1; i < 4; i++) push(queue, 900, true, 1, i);
  CHECK_EQUAL(queue.take_loss().frames, uint64_t{1});
  queue.restart();
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{2, 3}));
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{1});
  CHECK_EQUAL(loss.first_pts_ns, uint64_t{0});
}

TEST("a host that died in the middle of a frame leaves it to the next one") {
  ElementQueue queue(1, {});
  push(queue, 1000, true);
  push(queue, 20, false);
  send_all(queue, 500);
  CHECK(queue.in_message());
  queue.restart();
  CHECK(!queue.in_message());
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].size, 1000u);
}

TEST("what hosts die of is given up at last: it is lost, and what waits goes on at a key frame") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  push(queue, 100, true, 1, 0);
  send_all(queue);
  push(queue, 200, false, 1, 1);
  send_all(queue, 100);
  push(queue, 100, true, 1, 2);
  queue.restart(Unsettled::kGiveUp);
  const auto sent = headers(send_all(queue));
  CHECK(sent[0].type == ElementMessage::kOpen);
  CHECK(times(sent) == (std::vector<uint64_t>{2}));
  CHECK_EQUAL(sent[1].flags, uint16_t{kKeyFrame | kAfterDrop});
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{2});
}

TEST("an element that closed in the middle of a message says nothing to the next host") {
  ElementQueue queue(1, {});
  push(queue, 1000, true);
  send_all(queue, 500);
  queue.close();
  queue.restart();
  CHECK(queue.empty());
  CHECK(send_all(queue).empty());
}

TEST("a flush takes back the end of tracks that a new host would be told") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  control(queue, ElementMessage::kTrackEos, "!eos/1");
  control(queue, ElementMessage::kFlush, "");
  send_all(queue);
  settle_all(queue);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{1});
  CHECK(sent[0].type == ElementMessage::kOpen);
}

TEST("a new host is told the timebase of the dead one, unless a flush came between") {
  ElementQueue queue(7, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  send_all(queue);
  queue.told_timebase(0, {1, 2});
  queue.told_timebase(0, {1'700'000'000'000'000'000, 1'600'000'000'000'000'000});
  settle_all(queue);
  queue.restart();
  const auto sent = headers(send_all(queue));
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK(sent[1].type == ElementMessage::kTimebase);
  CHECK_EQUAL(sent[1].pts_ns, uint64_t{1'700'000'000'000'000'000});
  CHECK_EQUAL(sent[1].element, 7u);
  control(queue, ElementMessage::kFlush, "");
  send_all(queue);
  settle_all(queue);
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
  ElementQueue queue(1, limits(64 * 1024 * 1024));
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
