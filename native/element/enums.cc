#include "enums.h"

#include "type_name.h"

namespace kvs {

GType streaming_type_type() {
  static const GEnumValue values[] = {
      {0, "live; when the buffer is full, the oldest media is dropped", "realtime"},
      {1, "live; the buffer is sized in fragments, which are dropped whole", "near-realtime"},
      {2, "a file; the pipeline waits when the buffer is full", "offline"},
      {0, nullptr, nullptr},
  };
  static const GType type =
      g_enum_register_static(type_name("GstKvsSinkStreamingType").c_str(), values);
  return type;
}

// The 2019 developer guide's property; upstream dropped it later, old command lines still have it.
GType frame_timestamp_type() {
  static const GEnumValue values[] = {
      {0, "PTS only; DTS is set to it", "pts-only"},
      {1, "DTS only; PTS is set to it", "dts-only"},
      {2, "both; one replaces the other if that is missing", "default-timestamp"},
      {0, nullptr, nullptr},
  };
  static const GType type =
      g_enum_register_static(type_name("GstKvsSinkFrameTimestampType").c_str(), values);
  return type;
}

GType on_loss_type() {
  static const GEnumValue values[] = {
      {static_cast<gint>(OnLoss::kError), "an error, so that the exit code is not 0", "error"},
      {static_cast<gint>(OnLoss::kWarning), "a warning", "warning"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static(type_name("GstKvsSinkOnLoss").c_str(), values);
  return type;
}

GType drop_policy_type() {
  static const GEnumValue values[] = {
      {0, "the oldest fragment, as a whole", "fragment"},
      {1, "the last frame of the oldest fragment", "frame"},
      {2, "all but the key frames of the oldest fragments; the key frames last", "key-frames"},
      {0, nullptr, nullptr},
  };
  static const GType type =
      g_enum_register_static(type_name("GstKvsSinkDropPolicy").c_str(), values);
  return type;
}

GType spool_policy_type() {
  static const GEnumValue values[] = {
      {0, "oldest media first", "ordered"},
      {1, "live media at once, and the backlog beside it", "live-first"},
      {0, nullptr, nullptr},
  };
  static const GType type =
      g_enum_register_static(type_name("GstKvsSinkSpoolPolicy").c_str(), values);
  return type;
}

GType spool_sync_type() {
  static const GEnumValue values[] = {
      {0, "as soon as a fragment is written", "each-fragment"},
      {1, "once a second", "interval"},
      {2, "when the system writes it to the disk", "never"},
      {0, nullptr, nullptr},
  };
  static const GType type =
      g_enum_register_static(type_name("GstKvsSinkSpoolSync").c_str(), values);
  return type;
}

GType log_level_type() {
  static const GEnumValue values[] = {
      {0, "as set by GST_DEBUG for the category kvssink", "auto"},
      {1, "errors", "error"},
      {2, "errors and warnings", "warning"},
      {4, "errors, warnings and events", "info"},
      {5, "everything", "debug"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static(type_name("GstKvsSinkLogLevel").c_str(), values);
  return type;
}

}  // namespace kvs
