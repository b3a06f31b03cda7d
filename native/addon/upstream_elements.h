// What feeds an element.
#pragma once

#include <gst/gst.h>

#include <vector>

namespace kvs {

/// The elements upstream of the sink pads of `element`, each once, the nearest first. Owned by the
/// caller.
std::vector<GstElement*> upstream_elements(GstElement* element);

}  // namespace kvs
