// What the element knows of the way to the core. Two implementations: native/plugin (a socket to a
// node process) and native/addon (JavaScript in this process).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "wire.h"

namespace kvs {

/// A piece of memory to be copied.
struct Chunk {
  const void* data;
  size_t size;
};

/// What became of a frame.
enum class PushResult {
  kQueued,
  /// There is no memory for it. (What had to make room for others is told by take_loss alone.)
  kDropped,
  /// set_flushing or set_track_flushing, before or while waiting for room.
  kFlushing,
  /// Larger than kMaxPayloadBytes: can be sent by no means.
  kTooLarge,
};

/// Frames that will never reach the core.
struct Loss {
  uint64_t frames = 0;
  uint64_t bytes = 0;
  /// Of the first and the last of them that have one.
  uint64_t first_pts_ns = kTimeNone;
  uint64_t last_pts_ns = kTimeNone;

  void add(uint64_t size, uint64_t pts_ns) { add({1, size, pts_ns, pts_ns}); }
  void add(const Loss& other) {
    if (first_pts_ns == kTimeNone) first_pts_ns = other.first_pts_ns;
    if (other.last_pts_ns != kTimeNone) last_pts_ns = other.last_pts_ns;
    frames += other.frames;
    bytes += other.bytes;
  }
  explicit operator bool() const { return frames > 0; }
};

/// What becomes of a frame that finds the queue full.
enum class WhenFull {
  /// Its streaming thread waits for room: the source can be slowed down.
  kWait,
  /// The oldest frames go, as in the core's store: the source is live, and nothing waits.
  kDropOldest,
};

/// What a host may have died of.
enum class HostDeath {
  /// Something from outside: it had lived for a while.
  kOther,
  /// Soon after its start: perhaps of what it was sent.
  kQuick,
};

/// How much may wait for the core.
struct QueueLimits {
  /// What the core's store would hold.
  size_t max_bytes = 128 * 1024 * 1024;
  uint64_t max_duration_ns = UINT64_MAX / 2;
  /// Of that, for frames whose source can be slowed down.
  size_t max_waiting_bytes = 4 * 1024 * 1024;
  /// Beside what waits: what a host was sent and has not settled, for one that replaces it.
  size_t max_held_bytes = 16 * 1024 * 1024;
};

/// A message that is not a frame.
struct Control {
  ElementMessage type;
  uint8_t track = 0;
  uint64_t pts_ns = kTimeNone;
  uint64_t duration_ns = kTimeNone;
  std::string_view payload{};
  /// What has a key is told again to a host that replaces a dead one; the newest per key.
  std::string retain_key{};
};

/// How a wait for the core ended.
enum class DrainWait { kDrained, kTimeout, kInterrupted, kCannotWait };

/// What a bridge tells its element, from a thread of its own, with none of its locks held.
class BridgeListener {
 public:
  virtual ~BridgeListener() = default;

  /// A message of the core; credit is not among them.
  virtual void on_message(HostMessage event, uint64_t code, std::string_view payload) = 0;
  /// The host died and another one is being started. @param reason e.g. "killed by signal 9".
  virtual void on_host_lost(const std::string& reason) = 0;
  /// Frames go on after on_host_lost.
  virtual void on_host_resumed(const std::string& reason, const Loss& loss) = 0;
  /// No host, and none will be tried again. @param reason says what to do.
  virtual void on_host_failed(const std::string& reason) = 0;
};

/// One stream of one element, from open to close. Any thread.
class Bridge {
 public:
  virtual ~Bridge() = default;

  /// Unique in the process.
  virtual uint32_t id() const = 0;

  /// Copies the frame; the caller may free it at once. `header` needs track, flags and times.
  virtual PushResult push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                                WhenFull when_full) = 0;

  /// Never waits and is never dropped.
  virtual void push_control(const Control& control) = 0;

  /// What was dropped for want of room since the last call.
  virtual Loss take_loss() = 0;
  /// take_loss has something to give. Cheap enough to be asked at each frame.
  virtual bool has_loss() const = 0;

  /// true: a blocked push returns kFlushing, and so does every later one.
  virtual void set_flushing(bool flushing) = 0;
  virtual void set_track_flushing(uint8_t track, bool flushing) = 0;

  /// Waits until the core has answered a drain. Must not be called by the streaming thread.
  virtual DrainWait wait_drained(uint64_t timeout_ms) = 0;
  /// Ends wait_drained.
  virtual void interrupt() = 0;

  /// Forgets what is queued and tells the core that the element is gone. No calls after it.
  virtual void close() = 0;
};

/// What an element grants its host, where the core is a process of its own.
struct HostLimits {
  /// How long it may be without a sign of life; 0: forever.
  std::chrono::milliseconds host_timeout{5'000};
  /// How long it may take to send the rest at the end.
  std::chrono::milliseconds stop_timeout{120'000};
};

/// What a bridge is opened with.
struct OpenRequest {
  /// Payload of the open message: configuration and credentials.
  std::string config_json;
  QueueLimits limits;
  HostLimits host;
  /// How long a frame of a live source may wait for others, to be sent with them; 0: not at all.
  std::chrono::milliseconds send_interval{0};
  std::shared_ptr<BridgeListener> listener;
};

/// Opens a bridge; each build has its own. Never waits for the core.
/// @returns nothing, and in `error` what happened and what to do, when no core can be had.
std::shared_ptr<Bridge> open_bridge(OpenRequest request, std::string* error);

/// Tells the build of each new element (a GstElement*), so that the addon can find its pipeline.
void element_created(void* element);

}  // namespace kvs
