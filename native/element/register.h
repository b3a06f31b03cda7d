// Makes `kvssink` known to GStreamer.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// Registers the element with a plugin, at the rank of upstream's.
gboolean register_element(GstPlugin* plugin);

}  // namespace kvs
