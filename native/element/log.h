// The element's debug category.
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(kvs_sink_debug);
