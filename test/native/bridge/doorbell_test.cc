// The doorbell between streaming threads and the core: no message stays behind unheard.
#include "../../../native/bridge/doorbell.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../check.h"

using namespace kvs;

namespace {

constexpr int kMessages = 5'000;

/// A row of messages, and a reader's event loop that is entered when the bell rings.
struct Row {
  std::mutex mutex;
  std::condition_variable rung;
  int calls = 0;
  int waiting = 0;
  Doorbell bell;

  void push() {
    {
      std::lock_guard lock(mutex);
      waiting++;
    }
    if (!bell.ring()) return;
    std::lock_guard lock(mutex);
    calls++;
    rung.notify_one();
  }

  int pull() {
    bell.answer();
    int taken;
    {
      std::lock_guard lock(mutex);
      taken = waiting;
      waiting = 0;
    }
    if (taken > 0) bell.will_look_again();
    return taken;
  }

  bool is_empty() {
    std::lock_guard lock(mutex);
    return waiting == 0;
  }

  /// Waits to be woken. @returns false when nobody does so.
  bool sleep() {
    std::unique_lock lock(mutex);
    // Long: on a busy machine the writer has its turn late. A bell that did not ring never will.
    if (!rung.wait_for(lock, std::chrono::seconds(30), [&] { return calls > 0; })) return false;
    calls--;
    return true;
  }
};

}  // namespace

TEST("the first message rings, and no further one until the reader has looked") {
  Doorbell bell;
  CHECK(bell.ring());
  CHECK(!bell.ring());
  bell.answer();
  CHECK(bell.ring());
}

TEST("a reader that goes on looking is not called; one that found nothing is") {
  Doorbell bell;
  CHECK(bell.ring());
  bell.answer();
  bell.will_look_again();
  CHECK(!bell.ring());
  // It looks again and finds nothing. What comes behind its look rings, however little later.
  bell.answer();
  CHECK(bell.ring());
}

TEST("each of 5,000 messages is pulled by a reader that sleeps in between") {
  Row row;
  // One at a time, so that each comes while the reader is about to find nothing.
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (int i = 0; i < kMessages && !is_over; i++) {
      row.push();
      while (!row.is_empty() && !is_over) std::this_thread::yield();
    }
  });
  int pulled = 0;
  bool is_woken = true;
  while (pulled < kMessages && is_woken) {
    is_woken = row.sleep();
    for (int taken = row.pull(); taken > 0; taken = row.pull()) pulled += taken;
  }
  is_over = true;
  writer.join();
  CHECK(is_woken);
  CHECK_EQUAL(pulled, kMessages);
}
