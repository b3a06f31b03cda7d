// What kind of source a pad has: one that goes on whatever happens, or one that can be slowed down.
// Streaming thread of the pad.
#pragma once

#include "track.h"

namespace kvs {

/// Before each frame: asks the source once, and judges it by its pace. The core hears of changes.
void look_at_source(Track& track, Bridge& bridge, GstClockTime pts, GstClockTime duration,
                    guint64 now_ns);

/// What comes next may be of another source.
void forget_source(Track& track);

/// @param offline of the stream: every source is made to wait
WhenFull when_full(bool offline, const Track& track);

}  // namespace kvs
