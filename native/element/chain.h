// Frames, on the streaming threads of the pads.
#pragma once

#include "sink.h"

namespace kvs {

GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);

/// A GAP event: the track has nothing for a while.
void take_gap(Sink& sink, Track& track, GstClockTime pts, GstClockTime duration);

}  // namespace kvs
