// What the core hears of the element's settings.
#pragma once

#include <string>

#include "sink.h"

namespace kvs {

/// Payload of the open message.
/// @param pad_wait_ms how long the core is to wait for pads that may come; 0 when none will
std::string open_json(Sink& sink, guint pad_wait_ms);

/// Payload of a property message: one that changed while playing.
std::string property_json(Sink& sink, guint id);

}  // namespace kvs
