// Elements whose pads come while they play (rtspsrc, parsebin).
#pragma once

#include <vector>

#include "pad_wait.h"

namespace kvs {

/// Those of the element's whole pipeline: what they bring may come through ghost pads.
/// @returns references, which are the caller's
std::vector<AwaitedElement> find_bringers(GstElement* element);

/// Whether it is sure to have added its pads when it says that it adds no more, and each of them
/// leads on to sinks: then nobody is still linking. One thread feeds an element with a sink pad,
/// and adds its pads one after the other; a source such as rtspsrc may have more threads.
bool is_linked_through(GstElement* bringer);

}  // namespace kvs
