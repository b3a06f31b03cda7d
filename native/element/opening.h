// The stream is opened and closed.
#pragma once

#include "sink.h"

namespace kvs {

/// Opens a fresh stream. @returns false after posting an error when no core can be had
bool open_stream(Sink& sink);

/// Opens the stream that waits for a pad. Streaming thread: those of other pads come here too, and
/// wait until it is open.
void open_late_stream(Sink& sink);

void close_stream(Sink& sink);

}  // namespace kvs
