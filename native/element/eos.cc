#include <utility>  // std::exchange

#include "sink.h"
#include "timer.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// The core keeps to stop-stream-timeout by itself; this much later it is taken for dead. It bounds
/// the wait even if the host hangs.
constexpr guint64 kGraceMs = 5'000;

void on_guard(GstElement* element) {
  Sink* sink = sink_of(element);
  guint64 frames;
  {
    std::lock_guard lock(sink->mutex);
    frames = sink->handed_over - sink->drains.settled;
  }
  post_undelivered(sink,
                   "The producer did not say within stop-stream-timeout that everything was sent; "
                   "of the last " +
                       std::to_string(frames) + " frames some or all may be missing.");
  finish_eos(sink);
}

/// @returns whether an EOS was pending, and ends that.
bool take_pending(Sink* sink) {
  GstClockID guard;
  bool pending;
  {
    std::lock_guard lock(sink->mutex);
    pending = std::exchange(sink->eos_pending, false);
    guard = std::exchange(sink->eos_guard, nullptr);
  }
  stop_timer(guard);
  return pending;
}

}  // namespace

/// All pads are at their end: the core is asked to send the rest, and its answer posts EOS.
void begin_eos(Sink* sink, guint32 seqnum) {
  const auto bridge = bridge_of(sink);
  if (bridge == nullptr) return;
  const guint64 timeout_ms = stop_timeout_ms(sink);
  GstClockID guard = start_timer(sink->element, timeout_ms + kGraceMs, on_guard);
  {
    std::lock_guard lock(sink->mutex);
    sink->eos_pending = true;
    sink->eos_seqnum = seqnum;
    sink->eos_drain = sink->drains.asked + 1;
    sink->eos_guard = guard;
  }
  push_drain(sink, *bridge, timeout_ms);
}

void cancel_eos(Sink* sink) {
  take_pending(sink);
}

void finish_eos(Sink* sink) {
  if (!take_pending(sink)) return;
  report_all_losses(sink);
  GstMessage* message = gst_message_new_eos(GST_OBJECT(sink->element));
  {
    std::lock_guard lock(sink->mutex);
    if (sink->eos_seqnum != GST_SEQNUM_INVALID) {
      gst_message_set_seqnum(message, sink->eos_seqnum);
    }
  }
  gst_element_post_message(sink->element, message);
}

}  // namespace kvs
