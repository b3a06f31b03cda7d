// Something that is to be done later, unless the element is gone by then.
#pragma once

#include <gst/gst.h>

namespace kvs {

using OnTime = void (*)(GstElement* element);

/// Calls `on_time` on the system clock's thread. Stop it even when its time has come.
GstClockID start_timer(GstElement* element, guint64 delay_ms, OnTime on_time);
/// Does not wait for a call that is under way. Nothing for nullptr.
void stop_timer(GstClockID timer);

}  // namespace kvs
