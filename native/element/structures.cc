#include "structures.h"

#include <cstring>

namespace kvs {

namespace {

constexpr Property kTextStructures[] = {kIotCertificate, kStreamTags, kFragmentMetadata,
                                        kEventMetadata};

bool means_number(guint property, const gchar* field) {
  switch (property) {
    case kIotCertificate:
      return std::strcmp(field, "connection-timeout") == 0 ||
             std::strcmp(field, "completion-timeout") == 0;
    case kEventMetadata:
      return std::strcmp(field, "every") == 0;
    default:
      return false;
  }
}

const char* kind_of(const GValue* value) {
  if (G_VALUE_HOLDS_BOOLEAN(value)) return "boolean";
  if (G_VALUE_HOLDS_INT(value) || G_VALUE_HOLDS_UINT(value) || G_VALUE_HOLDS_INT64(value) ||
      G_VALUE_HOLDS_UINT64(value) || G_VALUE_HOLDS_DOUBLE(value)) {
    return "number";
  }
  return G_VALUE_TYPE_NAME(value);
}

constexpr char kHowGStreamerReads[] =
    "Without a type, GStreamer reads 0012345 as an octal number, 1e5 as 100000, yes and no as "
    "booleans, and 1/2 as a fraction. In a shell: stream-tags='tags,serial=(string)\"0012345\"'";

bool is_text_structure(guint property) {
  for (const Property id : kTextStructures) {
    if (id == property) return true;
  }
  return false;
}

/// @returns what is wrong with a field that GStreamer read as something else than text, or "".
std::string misread_field(guint property, const GstStructure* structure) {
  for (int i = 0; i < gst_structure_n_fields(structure); i++) {
    const gchar* field = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    const GValue* value = gst_structure_get_value(structure, field);
    if (G_VALUE_HOLDS_STRING(value) || means_number(property, field)) continue;
    gchar* read_as = gst_value_serialize(value);
    gchar* text = g_strdup_printf(
        "%s is a string, but was parsed as the %s %s. Put it in quotes, with its type: "
        "%s=(string)\"...\"",
        field, kind_of(value), read_as == nullptr ? "" : read_as, field);
    const std::string sentence = text;
    g_free(text);
    g_free(read_as);
    return sentence;
  }
  return "";
}

}  // namespace

bool has_sound_structures(Sink& sink) {
  for (const Property property : kTextStructures) {
    GstStructure* structure = sink.settings.structure(property);
    if (structure == nullptr) continue;
    const std::string misread = misread_field(property, structure);
    gst_structure_free(structure);
    if (misread.empty()) continue;
    GST_ELEMENT_ERROR(sink.element, LIBRARY, SETTINGS,
                      ("%s: %s", property_name(property), misread.c_str()),
                      ("%s", kHowGStreamerReads));
    return false;
  }
  return true;
}

bool takes_structure(Sink& sink, guint property, const GValue* value) {
  if (!is_text_structure(property)) return true;
  const GstStructure* structure = gst_value_get_structure(value);
  if (structure == nullptr) return true;
  const std::string misread = misread_field(property, structure);
  if (misread.empty()) return true;
  GST_ELEMENT_WARNING(sink.element, LIBRARY, SETTINGS,
                      ("%s is not changed: %s", property_name(property), misread.c_str()),
                      ("%s", kHowGStreamerReads));
  return false;
}

}  // namespace kvs
