// Entry point of libgstkvssink.so.
#include <gst/gst.h>

#include "../element/licence.h"
#include "../element/register.h"
#include "../element/type_name.h"

const char* const kvs::kTypeSuffix = "";

namespace {

gboolean plugin_init(GstPlugin* plugin) {
  return kvs::register_element(plugin);
}

}  // namespace

#ifndef PACKAGE
#define PACKAGE "kvssinkpackage"
#endif

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, kvssink,
                  "Amazon Kinesis Video Streams producer", plugin_init, "1.0", kvs::kLicence,
                  "kvs-launch", "https://www.npmjs.com/package/kvs-launch")
