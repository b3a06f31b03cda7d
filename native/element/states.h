// Changes of state.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// Never asynchronous: there is no preroll, and nothing waits for the network.
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition);

}  // namespace kvs
