// What the peers of the pads ask.
#pragma once

#include <gst/gst.h>

namespace kvs {

gboolean pad_query(GstPad* pad, GstObject* parent, GstQuery* query);

}  // namespace kvs
