// The stream of an element, from open to close.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>
#include <variant>

#include "drains.h"
#include "event_turns.h"
#include "losses.h"

namespace kvs {

/// How the frames of a stream are treated; set when it opens.
struct StreamMode {
  /// Frames outside their segment are left out, and the others get running times.
  bool clip = true;
  /// streaming-type=offline: every source is made to wait.
  bool offline = false;
};

/// The way to the core, and the accounts of what goes there. Each account has a lock of its own.
struct OpenStream {
  OpenStream(std::shared_ptr<Bridge> to, StreamMode how) : bridge(std::move(to)), mode(how) {}

  const std::shared_ptr<Bridge> bridge;
  const StreamMode mode;
  Drains drains;
  Losses losses;
  EventTurns event_turns;
};

/// No stream.
struct Closed {};
/// It opens with the first frame: no pad was there when the element started.
struct AwaitingPads {};
struct Open {
  std::shared_ptr<OpenStream> stream;
};
/// The core or the way to it reported a fatal error: no frame is taken any more.
struct Failed {
  /// Null when it could not be opened.
  std::shared_ptr<OpenStream> stream;
};
using StreamState = std::variant<Closed, AwaitingPads, Open, Failed>;

/// Any thread. Whoever has got the OpenStream may use it after the stream was closed: its bridge
/// takes nothing any more.
class Stream {
 public:
  /// @param element for the log
  explicit Stream(GstElement* element) : element_(element) {}

  StreamState state() const;
  /// The stream that is open or has failed; null without one.
  std::shared_ptr<OpenStream> current() const;

  /// Closed → AwaitingPads.
  void await_pads();
  /// → Open with what `make` returns; what it does is done before any other thread sees the stream.
  /// @returns false, with the state as it was, when that is nothing
  bool open(const std::function<std::shared_ptr<OpenStream>()>& make);
  /// AwaitingPads or Open → Failed.
  void fail();
  /// → Closed. @returns what was current
  std::shared_ptr<OpenStream> close();

  /// All pads see the flush of one seek. @returns whether this is its first pad
  bool begins_flush(guint32 seqnum);

 private:
  /// With the lock held: the only place where the state changes.
  void change(StreamState next);

  GstElement* const element_;
  mutable std::mutex mutex_;  // of what follows
  StreamState state_;
  guint32 flush_seqnum_ = 0;
};

}  // namespace kvs
