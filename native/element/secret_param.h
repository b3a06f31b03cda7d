// String properties that no dump prints.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// A string property that is written and read like any other, but that GStreamer's DOT dumps skip
/// (they print what differs from its default, and this one says that nothing ever does), and whose
/// change is not notified (gst-launch-1.0 -v prints every notified value).
GParamSpec* secret_param_spec(const char* name, const char* nick, const char* blurb,
                              const char* value, GParamFlags flags);

}  // namespace kvs
