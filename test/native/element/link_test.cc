// The link to the host under many streaming threads, without GStreamer: ThreadSanitizer sees all
// that they share.
#include <signal.h>

#include <deque>
#include <thread>

#include "../../../native/bridge/bridge.h"
#include "../../../native/bridge/monotonic.h"
#include "support.h"

using namespace kvs;

namespace {

constexpr size_t kElements = 8;
constexpr uint64_t kFrames = 300;
/// A second host is sent all again, of up to 16 MiB.
constexpr size_t kFrameBytes = 20'000;

class Deaf final : public BridgeListener {
 public:
  void on_message(HostMessage, uint64_t, std::string_view) override {}
  void on_host_lost(const std::string&) override {}
  void on_host_resumed(const std::string&, const Loss&) override {}
  void on_host_failed(const std::string&) override {}
};

/// An element's bridge, what its host got, and a live source.
struct Camera {
  Record record;
  std::shared_ptr<Bridge> bridge;

  /// @param words what the host is to do (test/fixtures/fake-host.mjs)
  void open(std::chrono::milliseconds send_interval = std::chrono::milliseconds{2},
            const std::string& words = "") {
    OpenRequest request;
    request.config_json = R"({"properties":{"stream-name":"record:)" + record.path() +
                          R"(","user-agent":")" + words + R"("}})";
    request.host.host_timeout = std::chrono::seconds{30};
    request.send_interval = send_interval;
    request.listener = std::make_shared<Deaf>();
    std::string error;
    bridge = open_bridge(std::move(request), &error);
    CHECK(bridge != nullptr);
  }

  /// The first frame goes at once, the next one may wait; no credit comes in between.
  void begin(std::chrono::milliseconds send_interval, std::chrono::nanoseconds age = {}) {
    open(send_interval, "hold");
    push(0, age);
    record.wait_for("frame", 1);
  }

  /// @param age since when it is in the element
  void push(uint64_t index, std::chrono::nanoseconds age = {}) {
    static const std::string bytes(kFrameBytes, 'x');
    ElementHeader header;
    header.track = 1;
    header.flags = index % 5 == 0 ? kKeyFrame : 0;
    header.pts_ns = index;
    header.monotonic_ns = monotonic_ns() - static_cast<uint64_t>(age.count());
    const Chunk chunk{bytes.data(), bytes.size()};
    CHECK(bridge->push_frame(header, &chunk, 1, WhenFull::kDropOldest) == PushResult::kQueued);
  }

  void close() {
    bridge->push_control({ElementMessage::kDrain});
    CHECK(bridge->wait_drained(30'000) == DrainWait::kDrained);
    bridge->close();
    bridge.reset();
  }
};

/// All of them at once, each from a thread of its own. @param kill_host after half of the frames
void stream(std::deque<Camera>& cameras, bool kill_host) {
  for (Camera& camera : cameras) camera.open();
  const auto push = [&](uint64_t from, uint64_t to) {
    std::vector<std::thread> threads;
    for (Camera& camera : cameras) {
      threads.emplace_back([&camera, from, to] {
        for (uint64_t i = from; i < to; i++) camera.push(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  push(0, kFrames / 2);
  if (kill_host) {
    const auto hosts = cameras.front().record.wait_for("host", 1);
    kill(static_cast<pid_t>(number(hosts.front(), "pid")), SIGKILL);
  }
  push(kFrames / 2, kFrames);
  for (Camera& camera : cameras) camera.close();
}

}  // namespace

TEST("frames of eight live sources arrive whole and in order, whichever thread sends them") {
  std::deque<Camera> cameras(kElements);
  stream(cameras, false);
  for (const Camera& camera : cameras) {
    const auto frames = camera.record.lines("frame");
    CHECK_EQUAL(frames.size(), size_t{kFrames});
    for (size_t i = 0; i < frames.size(); i++) {
      CHECK_EQUAL(number(frames[i], "pts"), static_cast<gint64>(i));
      CHECK_EQUAL(number(frames[i], "size"), static_cast<gint64>(kFrameBytes));
    }
  }
}

TEST("so they do when their host is killed and replaced meanwhile") {
  std::deque<Camera> cameras(kElements);
  stream(cameras, true);
  for (const Camera& camera : cameras) {
    // The first host's, and from the beginning again the second's.
    gint64 expected = 0;
    for (const std::string& frame : camera.record.lines("frame")) {
      const gint64 pts = number(frame, "pts");
      if (pts == 0) expected = 0;
      CHECK_EQUAL(pts, expected++);
    }
    CHECK_EQUAL(expected, static_cast<gint64>(kFrames));
  }
}

TEST("a frame that waits for the next one does not go when something of another element goes") {
  std::deque<Camera> cameras(2);
  Camera& busy = cameras[0];
  Camera& waiting = cameras[1];
  for (Camera& camera : cameras) camera.begin(std::chrono::hours{1});
  waiting.push(1);
  // Key frames go at once, and the last of them behind all that could have gone with the others.
  for (uint64_t key = 1; key <= 3; key++) {
    busy.push(5 * key - 1);
    busy.push(5 * key);
    busy.record.wait_for("frame", 2 * key + 1);
  }
  CHECK_EQUAL(waiting.record.count("frame"), size_t{1});
  for (Camera& camera : cameras) camera.close();
  CHECK_EQUAL(waiting.record.count("frame"), size_t{2});
}

TEST("a batch that waits for that of another element goes when that one does not end") {
  std::deque<Camera> cameras(2);
  Camera& ended = cameras[0];
  Camera& stopped = cameras[1];
  for (Camera& camera : cameras) {
    camera.begin(std::chrono::seconds{120}, std::chrono::seconds{81});
    camera.push(1, std::chrono::seconds{80});
  }
  // The next frame of the other one may come any moment, had it not stopped.
  ended.push(2);
  ended.record.wait_for("frame", 3);
  CHECK_EQUAL(stopped.record.count("frame"), size_t{1});
  for (Camera& camera : cameras) camera.close();
}
