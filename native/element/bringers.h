// Elements whose pads come while they play (rtspsrc, parsebin).
#pragma once

#include <vector>

#include "pad_wait.h"

namespace kvs {

/// Those of the element's whole pipeline: what they bring may come through ghost pads.
/// @returns references, which are the caller's
std::vector<AwaitedElement> find_bringers(GstElement* element);

}  // namespace kvs
