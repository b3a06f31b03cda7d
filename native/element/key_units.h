// Key frames that the core wants.
#pragma once

#include "track.h"

namespace kvs {

/// Asks the encoder upstream for one, with the event of gst_video_event_new_upstream_force_key_unit
/// (without its library). Streaming thread.
void request_key_unit(Track& track);

}  // namespace kvs
