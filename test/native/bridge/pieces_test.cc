// Access units in pieces (alignment=nal): they wait, go, are held and are lost as a whole.
#include <string>
#include <vector>

#include "support.h"

using namespace kvs;

namespace {

constexpr uint16_t kMiddle = kPiece;
constexpr uint16_t kEnd = kPiece | kLastPiece;
constexpr size_t kPieceBytes = 100;
constexpr uint64_t kPieceOnWire = kHeader + kPieceBytes;

void piece(ElementQueue& queue, uint64_t time, uint16_t flags) {
  push(queue, kPieceBytes, {false, 1, time, 0, WhenFull::kDropOldest, flags});
}

/// As h264parse gives it: what goes before the slices is marked as a delta unit.
void key_frame(ElementQueue& queue, uint64_t time) {
  piece(queue, time, kMiddle);
  piece(queue, time + 1, kMiddle | kKeyFrame);
  piece(queue, time + 2, kEnd | kKeyFrame);
}

void delta_frame(ElementQueue& queue, uint64_t time) {
  piece(queue, time, kMiddle);
  piece(queue, time + 1, kEnd);
}

/// From a source that does not say which piece is the last of its access unit.
void key_frame_without_end(ElementQueue& queue, uint64_t time) {
  piece(queue, time, kMiddle);
  piece(queue, time + 1, kMiddle | kKeyFrame);
}

/// Sends, with another host behind it. @returns times of the pieces
std::vector<uint64_t> sent_again(ElementQueue& queue) {
  queue.restart();
  return times(headers(send_all(queue)));
}

Loss loss_of_restart(ElementQueue& queue) {
  Loss loss;
  CHECK(queue.take_resumed(&loss));
  return loss;
}

}  // namespace

TEST("what is sent again begins with the parameter sets of its first key frame") {
  ElementQueue queue(1, {});
  key_frame(queue, 10);
  delta_frame(queue, 20);
  key_frame(queue, 30);
  delta_frame(queue, 40);
  send_all(queue);
  queue.settled(5 * kPieceOnWire, 5 * kPieceOnWire);
  CHECK(sent_again(queue) == (std::vector<uint64_t>{30, 31, 32, 40, 41}));
  CHECK(!loss_of_restart(queue));
  CHECK(!queue.has_loss());
}

TEST("delta frames in pieces that are settled are passed over as a whole, and are no loss") {
  ElementQueue queue(1, {});
  key_frame(queue, 10);
  delta_frame(queue, 20);
  key_frame(queue, 30);
  send_all(queue);
  // The sound's fragment begins within the pictures of the one in front of it.
  for (const uint64_t pieces : {3, 4}) {
    queue.settled(pieces * kPieceOnWire, pieces * kPieceOnWire);
    CHECK(sent_again(queue) == (std::vector<uint64_t>{30, 31, 32}));
    CHECK(!loss_of_restart(queue));
    queue.restart();
  }
}

TEST("the rest of a key frame whose beginning is settled does not stand for a whole one") {
  ElementQueue queue(1, {});
  key_frame(queue, 10);
  key_frame(queue, 20);
  send_all(queue);
  queue.settled(kPieceOnWire, kPieceOnWire);
  CHECK(sent_again(queue) == (std::vector<uint64_t>{20, 21, 22}));
  CHECK(!loss_of_restart(queue));
}

TEST("a GOP that is held begins with the parameter sets of its key frame") {
  QueueLimits limits;
  limits.max_held_bytes = 8 * kPieceOnWire;
  ElementQueue queue(1, limits);
  key_frame(queue, 10);
  delta_frame(queue, 20);
  key_frame(queue, 30);
  delta_frame(queue, 40);
  send_all(queue);
  queue.restart();
  const auto again = headers(send_all(queue));
  CHECK(times(again) == (std::vector<uint64_t>{30, 31, 32, 40, 41}));
  CHECK_EQUAL(again[0].flags, uint16_t{kMiddle | kAfterDrop});
  const Loss loss = loss_of_restart(queue);
  CHECK_EQUAL(loss.frames, uint64_t{2});
  CHECK_EQUAL(loss.bytes, uint64_t{5 * kPieceBytes});
}

TEST("want of room costs whole frames, each counted once, up to the next one's parameter sets") {
  ElementQueue queue(1, limits(6 * kPieceOnWire));
  key_frame(queue, 10);
  delta_frame(queue, 20);
  key_frame(queue, 30);
  const auto sent = headers(pull_all(queue));
  CHECK(times(sent) == (std::vector<uint64_t>{30, 31, 32}));
  CHECK_EQUAL(sent[0].flags, uint16_t{kMiddle | kAfterDrop});
  const Loss loss = queue.take_loss();
  CHECK_EQUAL(loss.frames, uint64_t{2});
  CHECK_EQUAL(loss.bytes, uint64_t{5 * kPieceBytes});
}

TEST("the rest of a key frame whose beginning was dropped goes too, though no other one waits") {
  ElementQueue queue(1, limits(4 * kPieceOnWire));
  key_frame(queue, 10);
  delta_frame(queue, 20);
  const auto sent = headers(pull_all(queue));
  CHECK(times(sent) == (std::vector<uint64_t>{20, 21}));
  CHECK_EQUAL(sent[0].flags, uint16_t{kMiddle | kAfterDrop});
  CHECK_EQUAL(queue.take_loss().frames, uint64_t{1});
}

TEST("a key frame of which only the parameter sets have come is waited for, not passed over") {
  ElementQueue queue(1, {});
  key_frame(queue, 10);
  piece(queue, 20, kMiddle);
  send_all(queue);
  queue.settled(3 * kPieceOnWire, 3 * kPieceOnWire);
  CHECK(sent_again(queue) == (std::vector<uint64_t>{20}));
  piece(queue, 21, kEnd | kKeyFrame);
  CHECK(times(headers(send_all(queue))) == (std::vector<uint64_t>{21}));
  CHECK(!loss_of_restart(queue));
}

TEST("pieces of which none is called the last are all sent again: any may belong to a key frame") {
  ElementQueue queue(1, {});
  key_frame_without_end(queue, 10);
  piece(queue, 20, kMiddle);
  key_frame_without_end(queue, 30);
  send_all(queue);
  queue.settled(2 * kPieceOnWire, 2 * kPieceOnWire);
  CHECK(sent_again(queue) == (std::vector<uint64_t>{20, 30, 31}));
  CHECK(!loss_of_restart(queue));
}

TEST("a piece in front of other caps or of the end is of an access unit of its own") {
  for (const auto type : {ElementMessage::kCaps, ElementMessage::kTrackEos, ElementMessage::kFlush,
                          ElementMessage::kDrain}) {
    ElementQueue queue(1, {});
    key_frame(queue, 10);
    piece(queue, 20, kMiddle);
    control(queue, type, "");
    key_frame(queue, 30);
    send_all(queue);
    queue.settled(3 * kPieceOnWire, 3 * kPieceOnWire);
    CHECK(sent_again(queue) == (std::vector<uint64_t>{30, 31, 32}));
  }
}
