// The end of the stream: by EOS, or by a change of state.
#pragma once

#include "sink.h"

namespace kvs {

/// Once all pads are at their end the core is asked to send the rest, and its answer posts EOS.
void finish_if_all_eos(Sink& sink);

/// The core has answered a drain.
void on_drained(Sink& sink);

/// The element stops: lets the core send the rest, and waits where the bridge can, no longer than
/// stop-stream-timeout.
void drain_stream(Sink& sink);

}  // namespace kvs
