#include "timer.h"

namespace kvs {

namespace {

struct Call {
  GWeakRef element;
  OnTime on_time;
};

gboolean on_clock(GstClock*, GstClockTime, GstClockID, gpointer data) {
  auto* call = static_cast<Call*>(data);
  auto* element = static_cast<GstElement*>(g_weak_ref_get(&call->element));
  if (element == nullptr) return TRUE;
  call->on_time(element);
  gst_object_unref(element);
  return TRUE;
}

void free_call(gpointer data) {
  auto* call = static_cast<Call*>(data);
  g_weak_ref_clear(&call->element);
  g_free(call);
}

}  // namespace

GstClockID start_timer(GstElement* element, guint64 delay_ms, OnTime on_time) {
  GstClock* clock = gst_system_clock_obtain();
  const GstClockTime at = gst_clock_get_time(clock) + delay_ms * GST_MSECOND;
  GstClockID timer = gst_clock_new_single_shot_id(clock, at);
  auto* call = g_new0(Call, 1);
  g_weak_ref_init(&call->element, element);
  call->on_time = on_time;
  gst_clock_id_wait_async(timer, on_clock, call, free_call);
  gst_object_unref(clock);
  return timer;
}

void stop_timer(GstClockID timer) {
  if (timer == nullptr) return;
  gst_clock_id_unschedule(timer);
  gst_clock_id_unref(timer);
}

}  // namespace kvs
