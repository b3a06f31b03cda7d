// Something that is to be done later, unless the element is gone by then.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace kvs {

using OnTime = void (*)(GstElement* element);

struct TimerStop {
  /// Does not wait for a call that is under way.
  void operator()(GstClockID id) const;
};
/// A call that is to come. Stops when it is let go of; null when it never comes.
using Timer = std::unique_ptr<void, TimerStop>;

/// Makes the thread that timers call from, if there is none yet: at the start of an element, when a
/// thread that cannot be had can be told. Later none is made any more.
/// @returns whether there is one
bool prepare_timers();

/// Calls `on_time` on the system clock's thread.
Timer start_timer(GstElement* element, guint64 delay_ms, OnTime on_time);

}  // namespace kvs
