// What an application asks the element, or the pipeline asks its sinks.
#pragma once

#include <gst/gst.h>

namespace kvs {

gboolean element_query(GstElement* element, GstQuery* query);

}  // namespace kvs
