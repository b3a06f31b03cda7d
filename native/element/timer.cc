#include "timer.h"

#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

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

/// The system clock's thread comes with the first asynchronous wait, and stays.
bool prepare_timers() {
  GstClock* clock = gst_system_clock_obtain();
  const GstClockID id = gst_clock_new_single_shot_id(clock, gst_clock_get_time(clock));
  const auto nothing = [](GstClock*, GstClockTime, GstClockID, gpointer) -> gboolean {
    return TRUE;
  };
  const GstClockReturn result = gst_clock_id_wait_async(id, nothing, nullptr, nullptr);
  gst_clock_id_unref(id);
  gst_object_unref(clock);
  return result == GST_CLOCK_OK;
}

Timer start_timer(GstElement* element, guint64 delay_ms, OnTime on_time) {
  GstClock* clock = gst_system_clock_obtain();
  const GstClockTime at = gst_clock_get_time(clock) + delay_ms * GST_MSECOND;
  Timer timer(gst_clock_new_single_shot_id(clock, at));
  auto* call = g_new0(Call, 1);
  g_weak_ref_init(&call->element, element);
  call->on_time = on_time;
  if (gst_clock_id_wait_async(timer.get(), on_clock, call, free_call) != GST_CLOCK_OK) {
    GST_ERROR_OBJECT(element, "the system clock has no thread: a timer never fires");
  }
  gst_object_unref(clock);
  return timer;
}

void TimerStop::operator()(GstClockID id) const {
  gst_clock_id_unschedule(id);
  gst_clock_id_unref(id);
}

}  // namespace kvs
