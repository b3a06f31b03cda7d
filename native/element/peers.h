// What the peers of the pads may send.
#pragma once

#include "sink.h"

namespace kvs {

/// Asks the pad's peer, which may ask our pads in turn: no lock is held.
/// @returns whether that told what the pad carries
bool inspect_pad(Sink& sink, GstPad* pad);

}  // namespace kvs
