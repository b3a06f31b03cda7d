// Frames that wait for the core: what is taken, what must wait, and what a full queue drops.
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

using namespace kvs;

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
