// What happens when no more threads can be had (ulimit -u).
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>

#include "support.h"

namespace {

std::atomic<bool> no_threads{false};

/// While it lives, every new thread is refused, as the kernel does at the limit.
struct ThreadLimit {
  ThreadLimit() { no_threads = true; }
  ~ThreadLimit() { no_threads = false; }
};

/// Whether a thread of this process has that name.
bool has_thread(const char* name) {
  GDir* threads = g_dir_open("/proc/self/task", 0, nullptr);
  bool found = false;
  while (const gchar* id = g_dir_read_name(threads)) {
    gchar* comm = nullptr;
    const std::string path = std::string("/proc/self/task/") + id + "/comm";
    if (g_file_get_contents(path.c_str(), &comm, nullptr, nullptr)) {
      found |= contains(comm, name);
      g_free(comm);
    }
  }
  g_dir_close(threads);
  return found;
}

/// The next timer needs a clock thread of its own.
void forget_system_clock() {
  gst_system_clock_set_default(nullptr);
}

void expect_failed_start(const char* reason) {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  {
    const ThreadLimit limit;
    CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  }
  const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
  CHECK(contains(text, reason));
  CHECK(contains(text, "ulimit -u"));
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* argument) {
  static const auto real =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  return no_threads ? EAGAIN : real(thread, attributes, run, argument);
}

TEST("without a thread for timers the start fails with an error that says what to do") {
  forget_system_clock();
  expect_failed_start("cannot start a thread");
}

TEST("without a thread for the link to the host the start fails, and no host is left behind") {
  // The thread of the timers is there.
  Fixture before;
  Feeder pad(before, "video_%u");
  before.play();
  before.stop();
  wait_until("the link's thread to be gone", [] { return !has_thread("kvssink-host"); });
  expect_failed_start("Cannot start a thread for the producer's host");
  CHECK_EQUAL(children(0), 0);
}

TEST("the wait for EOS is bounded by threads that are there already") {
  forget_system_clock();
  Fixture fixture("silent");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  const ThreadLimit limit;
  feeder.eos();
  CHECK(contains(fixture.pop_text(GST_MESSAGE_ERROR), "within stop-stream-timeout"));
  GstMessage* message = fixture.pop(GST_MESSAGE_EOS);
  CHECK(message != nullptr);
  gst_message_unref(message);
}
