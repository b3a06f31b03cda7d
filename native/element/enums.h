// Enumerations of the properties.
#pragma once

#include <gst/gst.h>

namespace kvs {

GType streaming_type_type();
GType frame_timestamp_type();
GType drop_policy_type();
GType log_level_type();
GType on_loss_type();
GType spool_policy_type();
GType spool_sync_type();

/// on-loss.
enum class OnLoss { kError, kWarning };

}  // namespace kvs
