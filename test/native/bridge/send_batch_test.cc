// When the frames of a live source are sent: several at once, and none later than its time.
#include "../../../native/bridge/send_batch.h"

#include "../check.h"

using namespace kvs;

namespace {

using std::chrono::milliseconds;
using Then = SendBatch::Then;

constexpr uint64_t kMs = 1'000'000;
constexpr milliseconds kInterval{45};

/// A batch, and a source whose frames come at times of the test's choice.
struct Source {
  SendBatch batch;

  explicit Source(milliseconds interval = kInterval) : batch(interval) {
    // A key frame and one that depends on it, long ago.
    batch.taken();
    frame(1, kKeyFrame);
    frame(2, 0);
    batch.taken();
  }

  Then frame(uint64_t at_ms, uint16_t flags = 0, uint8_t track = 1) {
    ElementHeader header;
    header.track = track;
    header.flags = flags;
    header.monotonic_ns = at_ms * kMs;
    return batch.frame_queued(header);
  }

  /// What is sent with the frame that came last: nothing waits any more.
  void take() { batch.taken(); }
};

}  // namespace

TEST("the first message of an element is due at once") {
  SendBatch batch(kInterval);
  CHECK(batch.is_due(0));
  batch.taken();
  CHECK(!batch.is_due(UINT64_MAX - 1));
}

TEST("of 30 frames a second every second one is waited for") {
  Source source;
  uint64_t at_ms = 1'000;
  source.frame(at_ms);
  source.take();
  for (int pair = 0; pair < 10; pair++) {
    CHECK(source.frame(at_ms += 33) == Then::kWakeThen);
    CHECK_EQUAL(source.batch.due_ns(), (at_ms + 45) * kMs);
    CHECK(!source.batch.is_due((at_ms + 44) * kMs));
    CHECK(source.frame(at_ms += 33) == Then::kWakeSoon);
    CHECK(source.batch.is_due(at_ms * kMs));
    source.take();
  }
}

TEST("of 240 frames a second those of half the interval go together") {
  Source source;
  uint64_t at_ms = 1'000;
  source.frame(at_ms);
  source.take();
  CHECK(source.frame(at_ms + 4) == Then::kWakeThen);
  for (uint64_t ms = 8; ms <= 24; ms += 4) CHECK(source.frame(at_ms + ms) == Then::kNothing);
  CHECK(source.frame(at_ms + 28) == Then::kWakeSoon);
}

TEST("a frame that nobody follows is due at the end of the interval") {
  Source source;
  source.frame(1'000);
  source.take();
  CHECK(source.frame(1'010) == Then::kWakeThen);
  CHECK(!source.batch.is_due(1'054 * kMs));
  CHECK(source.batch.is_due(1'055 * kMs));
}

TEST("a source whose next frame will come too late is not kept waiting") {
  Source source;
  for (uint64_t ms = 1'000; ms < 2'000; ms += 100) {
    CHECK(source.frame(ms) == Then::kWakeNow);
    source.take();
  }
}

TEST("a batch that has ended may wait 8 ms for those of others, and no longer than its interval") {
  Source source;
  source.frame(1'000);
  source.take();
  CHECK(source.frame(1'030) == Then::kWakeThen);
  CHECK(source.frame(1'060) == Then::kWakeSoon);
  CHECK_EQUAL(source.batch.due_ns(), 1'068 * kMs);
  CHECK(source.frame(1'063) == Then::kNothing);
  CHECK_EQUAL(source.batch.due_ns(), 1'068 * kMs);
  source.take();
  CHECK(source.frame(1'070) == Then::kWakeThen);
  CHECK(source.frame(1'110) == Then::kWakeSoon);
  CHECK_EQUAL(source.batch.due_ns(), 1'115 * kMs);
  CHECK(source.frame(1'111, kKeyFrame) == Then::kWakeNow);
  CHECK_EQUAL(source.batch.due_ns(), uint64_t{0});
}

TEST("a batch ends with the next frame, which is likely to come as long after the last one") {
  Source source;
  CHECK(!source.batch.ends_by(UINT64_MAX));
  source.frame(1'000);
  source.take();
  source.frame(1'030);
  CHECK(!source.batch.ends_by(1'059 * kMs));
  CHECK(source.batch.ends_by(1'060 * kMs));
  source.frame(1'060);
  // It has, and waits for nothing.
  CHECK(!source.batch.ends_by(UINT64_MAX));
  source.take();
  CHECK(!source.batch.ends_by(UINT64_MAX));
}

TEST("a frame that comes before half of the interval has passed ends no batch") {
  Source source;
  source.frame(1'000);
  source.take();
  source.frame(1'004);
  CHECK(!source.batch.ends_by(1'025 * kMs));
  CHECK(source.batch.ends_by(1'027 * kMs));
}

TEST("a key frame goes at once, with what waits before it") {
  Source source;
  source.frame(1'000);
  source.take();
  CHECK(source.frame(1'010) == Then::kWakeThen);
  CHECK(source.frame(1'012, kKeyFrame) == Then::kWakeNow);
}

TEST("frames that all stand alone, as of sound, wait like others") {
  Source source;
  source.frame(1'000, kKeyFrame, 2);
  source.take();
  CHECK(source.frame(1'021, kKeyFrame, 2) == Then::kWakeThen);
  CHECK(source.frame(1'042, kKeyFrame, 2) == Then::kNothing);
  CHECK(source.frame(1'064, kKeyFrame, 2) == Then::kWakeSoon);
}

TEST("pieces of an access unit wait for its last one, which decides") {
  Source source;
  CHECK(source.frame(1'000, kPiece) == Then::kWakeThen);
  CHECK(source.frame(1'001, kPiece) == Then::kNothing);
  CHECK(source.frame(1'002, kPiece | kLastPiece) == Then::kWakeNow);
  source.take();
  CHECK(source.frame(1'010, kPiece) == Then::kWakeThen);
  CHECK(source.frame(1'011, kPiece | kLastPiece) == Then::kNothing);
  CHECK(source.frame(1'020, kPiece | kKeyFrame) == Then::kNothing);
  CHECK(source.frame(1'021, kPiece | kKeyFrame | kLastPiece) == Then::kWakeNow);
}

TEST("a message that is no frame takes along what waits") {
  Source source;
  source.frame(1'000);
  source.take();
  CHECK(source.frame(1'010) == Then::kWakeThen);
  source.batch.send_now();
  CHECK(source.batch.is_due(1'010 * kMs));
}

TEST("with an interval of 0 no frame waits") {
  Source source(milliseconds{0});
  for (uint64_t ms = 1'000; ms < 1'010; ms++) {
    CHECK(source.frame(ms) == Then::kWakeNow);
    source.take();
  }
}
