#include "json.h"

#include <cinttypes>
#include <cstdio>

namespace kvs {

namespace {

/// Beyond this a JSON number loses digits in JavaScript; such values go as text.
constexpr guint64 kMaxSafeInteger = (G_GUINT64_CONSTANT(1) << 53) - 1;

std::string integer(guint64 value) {
  const std::string digits = std::to_string(value);
  return value > kMaxSafeInteger ? json_string(digits) : digits;
}

std::string hex(GstBuffer* buffer) {
  GstMapInfo map;
  if (buffer == nullptr || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return "";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(map.size * 2);
  for (gsize i = 0; i < map.size; i++) {
    text += kDigits[map.data[i] >> 4];
    text += kDigits[map.data[i] & 15];
  }
  gst_buffer_unmap(buffer, &map);
  return text;
}

/// streamheader: buffers, written one after the other with commas between.
std::string array_of_buffers(const GValue* array) {
  std::string text;
  for (guint i = 0; i < gst_value_array_get_size(array); i++) {
    const GValue* item = gst_value_array_get_value(array, i);
    if (!GST_VALUE_HOLDS_BUFFER(item)) return "";
    if (i > 0) text += ',';
    text += hex(gst_value_get_buffer(item));
  }
  return text;
}

std::string serialized(const GValue* value) {
  gchar* text = gst_value_serialize(value);
  std::string json = text == nullptr ? "null" : json_string(text);
  g_free(text);
  return json;
}

std::string enum_nick(const GValue* value) {
  auto* type = static_cast<GEnumClass*>(g_type_class_ref(G_VALUE_TYPE(value)));
  const GEnumValue* entry = g_enum_get_value(type, g_value_get_enum(value));
  std::string json = entry == nullptr ? "null" : json_string(entry->value_nick);
  g_type_class_unref(type);
  return json;
}

}  // namespace

std::string json_string(std::string_view text) {
  gchar* valid = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
  std::string json = "\"";
  for (const char* at = valid; *at != '\0'; at++) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte == '"' || byte == '\\') {
      json += '\\';
      json += *at;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      json += escape;
    } else {
      json += *at;
    }
  }
  g_free(valid);
  return json + "\"";
}

void JsonObject::name(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  text_ += json_string(name) + ":";
}

JsonObject& JsonObject::string(std::string_view field, const char* value) {
  return raw(field, value == nullptr ? "null" : json_string(value));
}

JsonObject& JsonObject::number(std::string_view field, guint64 value) {
  return raw(field, integer(value));
}

JsonObject& JsonObject::boolean(std::string_view field, bool value) {
  return raw(field, value ? "true" : "false");
}

JsonObject& JsonObject::raw(std::string_view field, std::string_view value) {
  name(field);
  text_ += value;
  return *this;
}

std::string json_value(const GValue* value) {
  if (G_VALUE_TYPE(value) == GST_TYPE_ARRAY) {
    const std::string buffers = array_of_buffers(value);
    return buffers.empty() ? serialized(value) : json_string(buffers);
  }
  if (GST_VALUE_HOLDS_BUFFER(value)) return json_string(hex(gst_value_get_buffer(value)));
  if (GST_VALUE_HOLDS_STRUCTURE(value)) {
    const GstStructure* structure = gst_value_get_structure(value);
    return structure == nullptr ? "null" : json_fields(structure);
  }
  if (G_VALUE_HOLDS_ENUM(value)) return enum_nick(value);
  switch (G_VALUE_TYPE(value)) {
    case G_TYPE_STRING:
      return g_value_get_string(value) ? json_string(g_value_get_string(value)) : "null";
    case G_TYPE_BOOLEAN:
      return g_value_get_boolean(value) ? "true" : "false";
    case G_TYPE_INT:
      return std::to_string(g_value_get_int(value));
    case G_TYPE_UINT:
      return std::to_string(g_value_get_uint(value));
    case G_TYPE_UINT64:
      return integer(g_value_get_uint64(value));
    case G_TYPE_DOUBLE: {
      char digits[G_ASCII_DTOSTR_BUF_SIZE];
      return g_ascii_dtostr(digits, sizeof(digits), g_value_get_double(value));
    }
    default:
      return serialized(value);
  }
}

std::string json_fields(const GstStructure* structure) {
  JsonObject object;
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const gchar* field = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    object.raw(field, json_value(gst_structure_get_value(structure, field)));
  }
  return object.done();
}

std::string json_caps(const GstStructure* structure) {
  return JsonObject()
      .string("name", gst_structure_get_name(structure))
      .raw("fields", json_fields(structure))
      .done();
}

}  // namespace kvs
