// When another host is started in place of one that died.
#include "../../../native/plugin/host_deaths.h"

#include "../check.h"

using namespace kvs;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr HostLife kShort{seconds{2}, true, false};
constexpr HostLife kUseful{seconds{2}, true, true};
constexpr HostLife kLong{seconds{10}, true, false};
constexpr HostLife kSilent{seconds{20}, false, false};

/// Milliseconds until the next host; -1: there is none.
int64_t pause_after(HostDeaths& deaths, const HostLife& life) {
  const auto pause = deaths.after(life);
  return pause ? int64_t{pause->count()} : -1;
}

}  // namespace

TEST("hosts that die at once are started again with longer and longer pauses, and then no more") {
  HostDeaths deaths;
  for (const int64_t pause : {0, 250, 500, 1'000, 2'000, 4'000, -1}) {
    CHECK_EQUAL(pause_after(deaths, kShort), pause);
  }
  CHECK_EQUAL(deaths.in_a_row(), 7);
}

TEST(
    "a host that settled a frame, or lived for a while, is replaced at once, and the count begins "
    "anew") {
  for (const HostLife& life : {kUseful, kLong}) {
    HostDeaths deaths;
    for (int i = 0; i < 6; i++) deaths.after(kShort);
    for (int i = 0; i < 20; i++) CHECK_EQUAL(pause_after(deaths, life), int64_t{0});
    CHECK_EQUAL(pause_after(deaths, kShort), int64_t{0});
    CHECK_EQUAL(pause_after(deaths, kShort), int64_t{250});
  }
}

TEST("hosts that never say a word are given up sooner, for each may have taken long") {
  HostDeaths deaths;
  for (int i = 0; i < 3; i++) CHECK(pause_after(deaths, kSilent) >= 0);
  CHECK_EQUAL(pause_after(deaths, kSilent), int64_t{-1});
  CHECK(!deaths.was_sound());
  HostDeaths others;
  for (int i = 0; i < 3; i++) others.after(kSilent);
  CHECK(pause_after(others, kShort) >= 0);
  CHECK(others.was_sound());
}
