// When the thread of the link is woken for batches that nobody has sent, by the system's own clock.
#include "../../../native/plugin/batch_alarm.h"

#include <poll.h>

#include "../../../native/bridge/monotonic.h"
#include "../check.h"

using namespace kvs;

namespace {

constexpr int kPatienceMs = 30'000;
constexpr uint64_t kHourNs = 3'600'000'000'000;

bool goes_off(const BatchAlarm& alarm, int within_ms) {
  pollfd fd{alarm.fd(), POLLIN, 0};
  return poll(&fd, 1, within_ms) == 1;
}

}  // namespace

TEST("an alarm goes off at the first of the times that it was told") {
  BatchAlarm alarm;
  CHECK(alarm.open());
  const uint64_t due_ns = monotonic_ns() + 20'000'000;
  alarm.ring_by(due_ns + kHourNs);
  alarm.ring_by(due_ns);
  alarm.ring_by(due_ns + kHourNs);
  CHECK(goes_off(alarm, kPatienceMs));
  CHECK(monotonic_ns() >= due_ns);
  CHECK(alarm.answer());
  CHECK(!goes_off(alarm, 0));
}

TEST("an alarm that was silenced does not go off, until it is set again") {
  BatchAlarm alarm;
  CHECK(alarm.open());
  alarm.ring_by(monotonic_ns());
  CHECK(goes_off(alarm, kPatienceMs));
  alarm.silence();
  CHECK(!goes_off(alarm, 0));
  alarm.ring_by(monotonic_ns());
  CHECK(goes_off(alarm, kPatienceMs));
}

TEST("an alarm that is set after it went off, and before it is answered, goes off again") {
  BatchAlarm alarm;
  CHECK(alarm.open());
  alarm.ring_by(monotonic_ns());
  CHECK(goes_off(alarm, kPatienceMs));
  alarm.silence();
  const uint64_t later_ns = monotonic_ns() + 20'000'000;
  alarm.ring_by(later_ns);
  // The answer to the first time finds that it counts no longer.
  if (alarm.answer())
    CHECK(monotonic_ns() >= later_ns);
  else
    CHECK(goes_off(alarm, kPatienceMs));
}

TEST("a time that has passed is due at once, and none never is") {
  BatchAlarm alarm;
  CHECK(alarm.open());
  alarm.ring_by(UINT64_MAX);
  CHECK(!goes_off(alarm, 0));
  alarm.ring_by(0);
  CHECK(goes_off(alarm, kPatienceMs));
}
