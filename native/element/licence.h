// The licence as GStreamer knows it: a plugin whose licence it does not know is not loaded.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// GStreamer 1.18 does not know Apache's, and 1.22 does. What is compiled for an old one is to load
/// in all that come after it.
#if GST_CHECK_VERSION(1, 22, 0)
inline constexpr char kLicence[] = "Apache 2.0";
#else
inline constexpr char kLicence[] = GST_LICENSE_UNKNOWN;
#endif

}  // namespace kvs
