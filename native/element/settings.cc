#include "settings.h"

namespace kvs {

Settings::Settings(GObjectClass* klass) {
  init_property_values(klass, values_);
}

Settings::~Settings() {
  for (GValue& value : values_) {
    if (G_IS_VALUE(&value)) g_value_unset(&value);
  }
}

void Settings::set(guint id, const GValue* value) {
  std::lock_guard lock(mutex_);
  g_value_copy(value, &values_[id]);
  if (id == kContentType) content_type_given_ = g_value_get_string(value) != nullptr;
  if (id == kCodecId) codec_id_given_ = true;
  if (id == kAwsRegion) region_given_ = true;
  if (id == kFileStartTime) file_start_time_given_ = true;
}

void Settings::copy(guint id, GValue* value) const {
  std::lock_guard lock(mutex_);
  g_value_copy(&values_[id], value);
}

std::string Settings::text(Property id) const {
  std::lock_guard lock(mutex_);
  const gchar* text = g_value_get_string(&values_[id]);
  return text == nullptr ? "" : text;
}

bool Settings::flag(Property id) const {
  std::lock_guard lock(mutex_);
  return g_value_get_boolean(&values_[id]);
}

guint Settings::number(Property id) const {
  std::lock_guard lock(mutex_);
  return g_value_get_uint(&values_[id]);
}

gint Settings::choice(Property id) const {
  std::lock_guard lock(mutex_);
  return g_value_get_enum(&values_[id]);
}

GstStructure* Settings::structure(Property id) const {
  std::lock_guard lock(mutex_);
  const GstStructure* structure = gst_value_get_structure(&values_[id]);
  return structure == nullptr ? nullptr : gst_structure_copy(structure);
}

guint64 Settings::stop_timeout_ms() const {
  const guint64 seconds = number(kStopStreamTimeout);
  return (seconds == 0 ? kDefaultStopStreamTimeoutS : seconds) * 1000;
}

bool Settings::takes_any_media() const {
  std::lock_guard lock(mutex_);
  return codec_id_given_ && content_type_given_;
}

bool Settings::has_region() const {
  std::lock_guard lock(mutex_);
  return region_given_;
}

bool Settings::has_file_start_time() const {
  std::lock_guard lock(mutex_);
  return file_start_time_given_;
}

}  // namespace kvs
