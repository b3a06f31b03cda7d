// Frames that no store could have held, and the last words about all that are not stored.
#pragma once

#include <string>

#include "sink.h"

namespace kvs {

/// Tells the bus of what the bridge has dropped.
/// @param at_once also what was dropped less than a second after the last report
void report_loss(Sink& sink, OpenStream& stream, bool at_once);

/// Takes note of a kvs-dropped-frames or kvs-dropped-fragment that goes to the bus.
void count_reported_loss(OpenStream& stream, const GstStructure* structure);

/// Frames that were taken are lost with the end of the stream: an error, unless on-loss says else.
void post_undelivered(Sink& sink, const std::string& text);

/// The last words of a stream, before its EOS or its end.
void report_all_losses(Sink& sink);

}  // namespace kvs
