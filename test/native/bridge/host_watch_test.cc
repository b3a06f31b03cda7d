// When a host is taken for hung, by a clock that the tests set.
#include "../../../native/plugin/host_watch.h"
#include "../check.h"

using namespace kvs;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds kLimit{5'000};

/// A watch and the time that it is told.
struct Watched {
  HostWatch::Clock::time_point now{};
  HostWatch watch{now};

  HostState after(milliseconds step, milliseconds limit = kLimit) {
    now += step;
    return watch.look(now, limit);
  }
  /// Seconds until it is taken for hung, when looked at each second; 0: not within `most`.
  int seconds_until_hung(milliseconds limit = kLimit, int most = 100) {
    for (int second = 1; second <= most; second++) {
      if (after(seconds{1}, limit) == HostState::kHung) return second;
    }
    return 0;
  }
};

}  // namespace

TEST("a host that says nothing is asked once, and hung when its time is up") {
  Watched host;
  host.watch.heard();
  CHECK(host.after(seconds{1}) == HostState::kAlive);
  CHECK(host.after(seconds{1}) == HostState::kQuiet);
  for (int i = 0; i < 3; i++) CHECK(host.after(seconds{1}) == HostState::kAlive);
  CHECK(host.after(seconds{1}) == HostState::kHung);
  CHECK_EQUAL(host.watch.silence().count(), int64_t{5'000});
}

TEST("a host that talks is never asked") {
  Watched host;
  for (int i = 0; i < 100; i++) {
    host.watch.heard();
    CHECK(host.after(seconds{1}) == HostState::kAlive);
  }
}

TEST("a host that answers late, but in time, lives on and is asked again") {
  Watched host;
  host.watch.heard();
  host.after(seconds{1});
  for (int round = 0; round < 3; round++) {
    CHECK(host.after(seconds{1}) == HostState::kQuiet);
    for (int i = 0; i < 3; i++) CHECK(host.after(seconds{1}) == HostState::kAlive);
    host.watch.heard();
    CHECK(host.after(seconds{1}) == HostState::kAlive);
  }
}

TEST("a host has longer until its first word") {
  Watched starting;
  CHECK_EQUAL(starting.seconds_until_hung(), 20);
  Watched running;
  running.watch.heard();
  CHECK_EQUAL(running.seconds_until_hung(), 6);
}

TEST("the shortest time is kept to, and the host is asked before it is up") {
  Watched host;
  host.watch.heard();
  CHECK(host.after(seconds{1}, seconds{1}) == HostState::kAlive);
  CHECK(host.after(seconds{1}, seconds{1}) == HostState::kQuiet);
  CHECK(host.after(seconds{1}, seconds{1}) == HostState::kHung);
}

TEST("a process that slept begins to count anew, however long it slept") {
  for (const milliseconds limit : {milliseconds{1'000}, kLimit}) {
    Watched host;
    host.watch.heard();
    host.after(seconds{1}, limit);
    host.after(seconds{1}, limit);
    CHECK(host.after(seconds{30}, limit) == HostState::kAlive);
    CHECK_EQUAL(host.seconds_until_hung(limit), static_cast<int>(limit.count() / 1000));
  }
}

TEST("a host that slept with its process is asked after it, and answers") {
  Watched host;
  host.watch.heard();
  host.after(seconds{1});
  CHECK(host.after(seconds{30}) == HostState::kQuiet);
  host.watch.heard();
  CHECK(host.after(seconds{1}) == HostState::kAlive);
}

TEST("with a limit of 0 no host is ever hung, and nobody wakes for it") {
  Watched host;
  CHECK_EQUAL(host.seconds_until_hung(seconds{0}), 0);
  CHECK_EQUAL(host.watch.next_look(host.now, seconds{0}).count(), int64_t{-1});
}

TEST("looks between two ticks cost nothing and change nothing") {
  Watched host;
  for (int i = 0; i < 9; i++) CHECK(host.after(milliseconds{100}) == HostState::kAlive);
  CHECK_EQUAL(host.watch.next_look(host.now, kLimit).count(), int64_t{100});
  CHECK(host.after(milliseconds{100}) == HostState::kQuiet);
  CHECK_EQUAL(host.watch.next_look(host.now, kLimit).count(), int64_t{1'000});
}

TEST("a host that is to end is hung when its time is up, be it as talkative as it may") {
  Watched host;
  host.watch.ends_within(seconds{3});
  for (int i = 0; i < 2; i++) {
    host.watch.heard();
    CHECK(host.after(seconds{1}, seconds{0}) == HostState::kAlive);
  }
  host.watch.heard();
  CHECK(host.after(seconds{1}, seconds{0}) == HostState::kHung);
}

TEST("a pause of the process does not use up the time of a host that is to end") {
  Watched host;
  host.watch.ends_within(seconds{3});
  CHECK(host.after(seconds{60}) == HostState::kAlive);
  CHECK(host.after(seconds{1}) == HostState::kAlive);
  CHECK(host.after(seconds{1}) == HostState::kHung);
}
