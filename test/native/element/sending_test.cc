// The way of frames to the host: who sends them and when, and what becomes of them without room.
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support.h"

namespace {

/// How often the thread of that name has begun to wait for something.
long times_slept(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found != name) continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      const std::string key = "voluntary_ctxt_switches:";
      if (line.compare(0, key.size(), key) == 0) return std::stol(line.substr(key.size()));
    }
  }
  return -1;
}

void check_sent_by_who_brings_it(const char* streaming_type) {
  Fixture fixture("hold");
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "streaming-type", streaming_type);
  g_object_set(fixture.sink, "send-interval", 0, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.record.wait_for("frame", 1);
  const size_t more = 40;
  const long before = times_slept("kvssink-host");
  for (size_t i = 1; i <= more; i++) {
    feeder.frame(static_cast<int>(i));
    fixture.record.wait_for("frame", i + 1);
  }
  // It still looks at the host once a second.
  CHECK(times_slept("kvssink-host") - before < static_cast<long>(more / 2));
  fixture.stop();
}

/// A file at full speed whose host grants no more than its first window.
struct HeldFile {
  Fixture fixture{"hold"};
  Feeder feeder{fixture, "video_%u"};
  /// Frames that push_until_refused got rid of.
  std::atomic<int> taken{0};
  std::atomic<GstFlowReturn> last{GST_FLOW_OK};
  std::thread pusher;

  HeldFile() {
    gst_util_set_object_arg(G_OBJECT(fixture.sink), "streaming-type", "offline");
    g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
    fixture.play();
    feeder.start(kAvc);
  }

  ~HeldFile() {
    fixture.set_state(GST_STATE_NULL);
    if (pusher.joinable()) pusher.join();
  }

  /// Frames of 1 MiB, from a thread of its own.
  void push_until_refused() {
    pusher = std::thread([this] {
      for (int i = 0; last == GST_FLOW_OK; i++) {
        last = feeder.frame(i, false, 1024 * 1024);
        if (last == GST_FLOW_OK) taken++;
      }
    });
  }
};

}  // namespace

TEST("a live frame that waits for others is sent by itself, when none comes") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 3; i++) feeder.frame(i);
  fixture.record.wait_for("frame", 3);
  // It begins a new batch, and the one that it waits for never comes.
  feeder.frame(3);
  fixture.record.wait_for("frame", 4);
  fixture.stop();
}

TEST("a live frame is sent by the thread that brings it, and the thread of the link sleeps on") {
  check_sent_by_who_brings_it("realtime");
}

TEST("a frame of a file is sent by the thread that brings it, too") {
  check_sent_by_who_brings_it("offline");
}

TEST("a frame of a file that finds the socket full wakes nobody") {
  HeldFile file;
  file.feeder.frame(0);
  file.fixture.record.wait_for("frame", 1);
  const pid_t host = host_pid(file.fixture);
  kill(host, SIGSTOP);
  // More than the socket takes, and less than the host allows.
  int frames = 1;
  while (frames < 12) file.feeder.frame(frames++, false, 256 * 1024);
  const long more = 40;
  const long before = times_slept("kvssink-host");
  for (long i = 0; i < more; i++) {
    file.feeder.frame(frames++);
    // As long as a thread that was woken would take to sleep again.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const long slept = times_slept("kvssink-host") - before;
  // The next test gets the same host, until this element has gone.
  kill(host, SIGCONT);
  file.fixture.stop();
  CHECK(slept < more / 2);
}

TEST("at the end no frame waits for others, however long it might") {
  Fixture fixture;
  g_object_set(fixture.sink, "send-interval", G_MAXUINT, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 20; i++) feeder.frame(i);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{20});
}

TEST("a full element does not hold up another one of the same host") {
  Fixture full("hold");
  g_object_set(full.sink, "stop-stream-timeout", 1, nullptr);
  Fixture free;
  Feeder a(full, "video_%u");
  Feeder b(free, "video_%u");
  full.play();
  free.play();
  a.start(kAvc);
  b.start(kAvc);
  for (int i = 0; i < 40; i++) a.frame(i, false, 1024 * 1024);
  for (int i = 0; i < 50; i++) b.frame(i);
  free.stop();
  CHECK_EQUAL(free.record.count("frame"), size_t{50});
}

TEST("a live pipeline is never blocked: what finds no room is dropped, counted and reported") {
  Fixture fixture("hold");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, "storage-size", 16, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  const int pushed = 40;
  for (int i = 0; i < pushed; i++) {
    CHECK_EQUAL(feeder.frame(i, i % 10 != 0, 1024 * 1024), GST_FLOW_OK);
  }
  gst_message_unref(fixture.pop_element("kvs-dropped-frames"));
  CHECK(contains(fixture.pop_text(GST_MESSAGE_WARNING), "gst-resource-error-quark/10 "));
  GstStructure* stats = nullptr;
  g_object_get(fixture.sink, "stats", &stats, nullptr);
  guint64 dropped = 0;
  gst_structure_get_uint64(stats, "bridge-frames-dropped", &dropped);
  gst_structure_free(stats);
  // At most 16 MiB wait, or a GOP of 10 less; at most the window of 4 MiB and a frame are on the
  // way.
  CHECK(dropped >= pushed - 22 && dropped <= pushed - 5);
}

TEST("an offline pipeline is blocked instead, and lets go when it is stopped") {
  HeldFile file;
  file.push_until_refused();
  wait_until("the queue to be full", [&] { return file.taken >= 7; });
  file.fixture.record.wait_for("frame", 4);
  file.fixture.stop();
  file.pusher.join();
  CHECK_EQUAL(file.last.load(), GST_FLOW_FLUSHING);
  // 4 MiB wait, and the window of 4 MiB and a frame are on the way.
  CHECK(file.taken <= 9);
}

TEST("an offline pipeline loses nothing, however slow the host") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "streaming-type", "offline");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 200; i++) CHECK_EQUAL(feeder.frame(i, i % 10 != 0, 256 * 1024), GST_FLOW_OK);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{200});
}

TEST("FLUSH_START lets a blocked offline push go") {
  HeldFile file;
  file.push_until_refused();
  wait_until("the queue to be full", [&] { return file.taken >= 7; });
  gst_pad_send_event(file.feeder.pad, gst_event_new_flush_start());
  file.pusher.join();
  CHECK_EQUAL(file.last.load(), GST_FLOW_FLUSHING);
}
