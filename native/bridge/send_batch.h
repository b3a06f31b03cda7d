// When the frames that wait are sent: several at once, since each time costs the core a wake-up.
#pragma once

#include <bitset>
#include <chrono>
#include <mutex>

#include "message_log.h"

namespace kvs {

/// Decides for one element. Its streaming threads tell of each message, one consumer asks. Times
/// are those of ElementHeader::monotonic_ns.
class SendBatch {
 public:
  /// What whoever has queued something is to do.
  enum class Then {
    /// Wake the consumer.
    kWakeNow,
    /// Wake it, or let it look at the time given by `due_ns` if batches of other elements end until
    /// then.
    kWakeSoon,
    /// See to it that it looks at the time given by `due_ns`.
    kWakeThen,
    /// It will look by itself.
    kNothing,
  };

  /// @param interval how long a frame may wait for others; 0: not at all
  explicit SendBatch(std::chrono::milliseconds interval);

  /// A frame of a live source was queued. It waits for others, unless it is a key frame, ends what
  /// was gathered, or is the last that is likely to come in time.
  Then frame_queued(const ElementHeader& frame);
  /// Something else was queued, or there is room again for what is: it does not wait.
  void send_now();

  /// What was queued is to be sent now, or nothing is gained if it waits.
  bool is_due(uint64_t now_ns);
  /// When it is at the latest; kTimeNone if nothing waits, 0 if it is due already.
  uint64_t due_ns();
  /// A frame waits for another, which is likely to come, and to end the batch, until then.
  bool ends_by(uint64_t time_ns);
  /// The consumer takes what is queued, and says so first: what comes from now on is another batch.
  void taken();

 private:
  /// What a frame is to the batch that it was queued for.
  enum class Place { kHurries, kWaits, kEnds };
  Place place_of(const ElementHeader& frame);

  const uint64_t interval_ns_;
  std::mutex mutex_;
  /// 0: at once. kTimeNone: nothing waits.
  uint64_t due_ns_ = 0;
  /// It is as large as it gets, and waits only for those of other elements.
  bool has_ended_ = false;
  /// When the newest whole frame came, of any track, and how long after the one before.
  uint64_t newest_ns_ = 0;
  uint64_t pause_ns_ = 0;
  /// Not every frame of them stands alone, so a key frame is something to hurry for.
  std::bitset<kTrackNumbers> tracks_with_deltas_;
};

}  // namespace kvs
