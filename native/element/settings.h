// The values of the properties, and which of them were given.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <string>

#include "property_table.h"

namespace kvs {

/// Any thread: every call holds the lock for as long as it copies.
class Settings {
 public:
  /// With the values of a new element.
  explicit Settings(GObjectClass* klass);
  ~Settings();
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  void set(guint id, const GValue* value);
  /// @param value of the property's type
  void copy(guint id, GValue* value) const;

  std::string text(Property id) const;
  bool flag(Property id) const;
  guint number(Property id) const;
  gint choice(Property id) const;
  /// Owned by the caller; nullptr when it is not set.
  GstStructure* structure(Property id) const;

  guint64 stop_timeout_ms() const;
  /// codec-id and content-type were given: whatever the source sends is passed on.
  bool takes_any_media() const;
  /// The default must not hide the region of the environment, the profile or the instance.
  bool has_region() const;
  /// file-start-time was given: it is not this machine's clock that it comes from.
  bool has_file_start_time() const;

 private:
  mutable std::mutex mutex_;  // of what follows
  GValue values_[kPropCount] = {};
  bool content_type_given_ = false;
  bool codec_id_given_ = false;
  bool region_given_ = false;
  bool file_start_time_given_ = false;
};

}  // namespace kvs
