// Events of the pads.
#pragma once

#include <gst/gst.h>

namespace kvs {

gboolean pad_event(GstPad* pad, GstObject* parent, GstEvent* event);

}  // namespace kvs
