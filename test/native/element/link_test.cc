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

  void open() {
    OpenRequest request;
    request.config_json = R"({"properties":{"stream-name":"record:)" + record.path() + R"("}})";
    request.host.host_timeout = std::chrono::seconds{30};
    request.send_interval = std::chrono::milliseconds{2};
    request.listener = std::make_shared<Deaf>();
    std::string error;
    bridge = open_bridge(std::move(request), &error);
    CHECK(bridge != nullptr);
  }

  void push(uint64_t index) {
    static const std::string bytes(kFrameBytes, 'x');
    ElementHeader header;
    header.track = 1;
    header.flags = index % 5 == 0 ? kKeyFrame : 0;
    header.pts_ns = index;
    header.monotonic_ns = monotonic_ns();
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
