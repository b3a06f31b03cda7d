// What the core says becomes messages, signals and log lines of the element.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "../bridge/bridge.h"

namespace kvs {

/// Outlives the element, if need be.
std::shared_ptr<BridgeListener> make_listener(GstElement* element);

}  // namespace kvs
