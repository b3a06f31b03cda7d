// The end of the stream: asked for by the last pad, posted when the core has drained.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>

#include "drains.h"
#include "timer.h"

namespace kvs {

/// Any thread.
class EndOfStream {
 public:
  /// @param element for the log
  explicit EndOfStream(GstElement* element) : element_(element) {}

  /// Takes note of a pad's EOS: the last one's number goes on with the message.
  void keep_seqnum(guint32 seqnum);

  /// An EOS waits for the core.
  bool is_pending() const;
  /// Asks for a drain, whose answer is going to end the stream.
  /// @param guard ends it if no answer comes
  /// @returns false when an EOS is pending already
  bool begin(Drains& drains, Timer guard);
  /// @returns whether one was pending, which is so no more
  bool cancel();
  /// The drain of this number was answered. A flush may have cancelled the EOS that it was asked
  /// for, and another one may be pending, which it does not end.
  /// @returns whether it ends the stream
  bool end(guint64 drain);

  /// Of the last pad's EOS.
  guint32 seqnum() const;

 private:
  struct Pending {
    guint64 drain;  // whose answer it waits for
    Timer guard;
  };
  /// With the lock held: the only place where the state changes. @returns what was pending
  std::optional<Pending> change(std::optional<Pending> next, const char* why);

  GstElement* const element_;
  mutable std::mutex mutex_;  // of what follows
  std::optional<Pending> pending_;
  guint32 seqnum_ = GST_SEQNUM_INVALID;
};

}  // namespace kvs
