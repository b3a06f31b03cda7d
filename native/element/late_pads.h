// Pads that come while the element plays: kvssink starts without a pad beside elements that bring
// them, and does not take its tracks for complete before those say that they bring no more.
#pragma once

#include "sink.h"

namespace kvs {

/// The error of a kvssink that nothing is linked to, and that nothing will be linked to.
void post_unlinked(Sink& sink);

/// Listens to the elements that may bring pads, until they say that they bring no more.
void await_pads(Sink& sink);
/// The same without any pad: the stream waits. @returns false when no element may bring one
bool await_first_pad(Sink& sink);
void stop_awaiting_pads(Sink& sink);

/// Tells the core, if it waits and nothing is to be waited for any more.
void tell_no_more_pads(Sink& sink);

}  // namespace kvs
