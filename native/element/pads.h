// Request pads, and their links.
#pragma once

#include <gst/gst.h>

namespace kvs {

void install_pad_templates(GstElementClass* klass);
GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* name,
                        const GstCaps* caps);
void release_pad(GstElement* element, GstPad* pad);

}  // namespace kvs
