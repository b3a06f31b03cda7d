// Whether a source runs ahead of the clock, as a file does that nothing slows down.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// A source that answers a LATENCY query with "not live" may still deliver in real time: a pipe
/// from a camera program, an RTMP server, an appsrc without is-live. Such a one must not be made to
/// wait: what it cannot hand over is lost on its side, or piles up there. A file can wait, and
/// shows itself by its media, which comes faster than time goes by.
class Pace {
 public:
  /// Takes note of a frame. @param pts running time, or none; @param duration may be none
  void saw(GstClockTime pts, GstClockTime duration, guint64 now_ns) {
    if (runs_ahead_) return;
    const bool has_pts = GST_CLOCK_TIME_IS_VALID(pts);
    if (!started_) {
      started_ = true;
      start_ns_ = now_ns;
      first_pts_ = pts;
    }
    counted_ns_ += GST_CLOCK_TIME_IS_VALID(duration) ? duration : kFrameNs;
    const bool by_pts = has_pts && GST_CLOCK_TIME_IS_VALID(first_pts_) && pts >= first_pts_;
    const guint64 media_ns = by_pts ? pts - first_pts_ : counted_ns_;
    runs_ahead_ = media_ns > now_ns - start_ns_ + kAheadNs;
  }

  /// Once true, until reset().
  bool runs_ahead() const { return runs_ahead_; }

  /// What follows has nothing to do with what came before.
  void reset() { *this = Pace(); }

 private:
  /// More than what a live source has in hand when it begins, a GOP aside.
  static constexpr guint64 kAheadNs = 1500 * GST_MSECOND;
  /// Of a frame that says nothing of its length.
  static constexpr guint64 kFrameNs = 33 * GST_MSECOND;

  bool started_ = false;
  bool runs_ahead_ = false;
  guint64 start_ns_ = 0;
  GstClockTime first_pts_ = GST_CLOCK_TIME_NONE;
  guint64 counted_ns_ = 0;
};

}  // namespace kvs
