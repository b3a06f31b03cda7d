// Events that an application sends to the element, on their way to what is upstream of its pads.
#pragma once

#include <gst/gst.h>

namespace kvs {

gboolean send_event(GstElement* element, GstEvent* event);

}  // namespace kvs
