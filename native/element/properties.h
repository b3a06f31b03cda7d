// Properties as GObject sets and reads them.
#pragma once

#include <gst/gst.h>

namespace kvs {

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* param);
void get_property(GObject* object, guint id, GValue* value, GParamSpec* param);

}  // namespace kvs
