// The little JSON that the element writes.
#pragma once

#include <gst/gst.h>

#include <string>
#include <string_view>

namespace kvs {

/// Writes one object; fields in the order they are added.
class JsonObject {
 public:
  JsonObject& string(std::string_view name, const char* value);
  JsonObject& number(std::string_view name, guint64 value);
  JsonObject& boolean(std::string_view name, bool value);
  /// `value` is JSON already.
  JsonObject& raw(std::string_view name, std::string_view value);
  std::string done() const { return text_ + "}"; }

 private:
  void name(std::string_view name);
  std::string text_ = "{";
};

/// `"…"`, escaped. Bytes that are not UTF-8 become U+FFFD: the core's parser would refuse all of
/// it.
std::string json_string(std::string_view text);

/// A GValue as JSON: numbers, booleans and strings as they are, buffers as hex, a GstStructure as
/// an object, enums by nick, anything else as GStreamer serialises it.
std::string json_value(const GValue* value);

/// The fields of a structure as an object.
std::string json_fields(const GstStructure* structure);

/// `{"name": …, "fields": {…}}` of one structure of caps.
std::string json_caps(const GstStructure* structure);

}  // namespace kvs
