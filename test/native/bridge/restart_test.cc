// What a host that replaces a dead one gets: what was valid, and what was not settled.
#include <string>
#include <vector>

#include "support.h"

using namespace kvs;

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

TEST(
    "what five hosts in a row die of is given up: it is lost, and what waits goes on at a key "
    "frame") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  push(queue, 100, true, 1, 0);
  for (int death = 1; death < 5; death++) {
    CHECK_EQUAL(times(headers(send_all(queue))).size(), size_t{1});
    queue.restart(HostDeath::kQuick);
  }
  send_all(queue);
  push(queue, 200, false, 1, 1);
  send_all(queue, 100);
  push(queue, 100, true, 1, 2);
  queue.restart(HostDeath::kQuick);
  const auto sent = headers(send_all(queue));
  CHECK(sent[0].type == ElementMessage::kOpen);
  CHECK(times(sent) == (std::vector<uint64_t>{2}));
  CHECK_EQUAL(sent[1].flags, uint16_t{kKeyFrame | kAfterDrop});
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  CHECK_EQUAL(loss.frames, uint64_t{2});
}

TEST("hosts that settle something in between, or live for a while, are no reason to give up") {
  ElementQueue queue(1, {});
  for (uint64_t i = 0; i < 9; i++) push(queue, 100, true, 1, i);
  for (uint64_t death = 0; death < 8; death++) {
    CHECK_EQUAL(times(headers(send_all(queue))).size(), size_t{9 - death});
    queue.settled(100 + kHeader, 100 + kHeader);
    CHECK(queue.has_settled());
    queue.restart(HostDeath::kQuick);
    CHECK(!queue.has_settled());
  }
  for (int death = 0; death < 12; death++) {
    CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{8}));
    queue.restart(death % 4 == 3 ? HostDeath::kOther : HostDeath::kQuick);
  }
  Loss loss;
  send_all(queue);
  CHECK(queue.take_resumed(&loss));
  CHECK(!loss);
}

TEST("what is given up makes room for another five attempts with what comes behind it") {
  ElementQueue queue(1, {});
  push(queue, 100, true, 1, 0);
  for (int death = 0; death < 5; death++) {
    send_all(queue);
    queue.restart(HostDeath::kQuick);
  }
  push(queue, 100, true, 1, 1);
  for (int death = 0; death < 4; death++) {
    CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{1}));
    queue.restart(HostDeath::kQuick);
  }
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{1}));
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

TEST("a new host is told the timebase that held at the oldest message that is sent again") {
  ElementQueue queue(1, {});
  for (uint64_t gop = 0; gop < 3; gop++) {
    const uint64_t position = gop * (100 + kHeader);
    push(queue, 100, true, 1, gop);
    send_all(queue);
    queue.told_timebase(position, {10 + gop, 0});
  }
  queue.settled(100 + kHeader, 100 + kHeader);
  for (int death = 0; death < 2; death++) {
    queue.restart();
    const auto sent = headers(send_all(queue));
    CHECK_EQUAL(sent.size(), size_t{3});
    CHECK(sent[0].type == ElementMessage::kTimebase);
    CHECK_EQUAL(sent[0].pts_ns, uint64_t{11});
    CHECK_EQUAL(sent[1].pts_ns, uint64_t{1});
    // The new host tells what follows, by positions behind what it was told first.
    queue.told_timebase(kHeader + 100 + kHeader, {12, 0});
  }
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
