#include <utility>  // std::exchange

#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// The core keeps to stop-stream-timeout by itself; this much later it is taken for dead.
constexpr guint64 kGraceMs = 5'000;

gboolean on_guard(GstClock*, GstClockTime, GstClockID, gpointer data) {
  auto* element = static_cast<GstElement*>(g_weak_ref_get(static_cast<GWeakRef*>(data)));
  if (element == nullptr) return TRUE;
  GST_ELEMENT_WARNING(element, RESOURCE, WRITE,
                      ("The producer did not say within stop-stream-timeout that everything was "
                       "sent; the end of the stream may be missing."),
                      (nullptr));
  finish_eos(sink_of(element));
  gst_object_unref(element);
  return TRUE;
}

void free_weak_ref(gpointer data) {
  g_weak_ref_clear(static_cast<GWeakRef*>(data));
  g_free(data);
}

/// Bounds the wait even if the host hangs.
GstClockID start_guard(GstElement* element, guint64 timeout_ms) {
  GstClock* clock = gst_system_clock_obtain();
  const GstClockTime at = gst_clock_get_time(clock) + (timeout_ms + kGraceMs) * GST_MSECOND;
  GstClockID id = gst_clock_new_single_shot_id(clock, at);
  auto* weak = g_new0(GWeakRef, 1);
  g_weak_ref_init(weak, element);
  gst_clock_id_wait_async(id, on_guard, weak, free_weak_ref);
  gst_object_unref(clock);
  return id;
}

void stop_guard(GstClockID id) {
  if (id == nullptr) return;
  gst_clock_id_unschedule(id);
  gst_clock_id_unref(id);
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
  stop_guard(guard);
  return pending;
}

}  // namespace

/// All pads are at their end: the core is asked to send the rest, and its answer posts EOS.
void begin_eos(Sink* sink, guint32 seqnum) {
  const auto bridge = bridge_of(sink);
  if (bridge == nullptr) return;
  const guint64 timeout_ms = stop_timeout_ms(sink);
  GstClockID guard = start_guard(sink->element, timeout_ms);
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
