// Names of GTypes.
#pragma once

#include <string>

namespace kvs {

/// Follows the names of all types. The plugin and the addon may be loaded into one process, where
/// the names of GTypes must differ: whoever links the element defines it, as "" or as its own.
extern const char* const kTypeSuffix;

/// `name` as it is registered in this library.
inline std::string type_name(const char* name) {
  return std::string(name) + kTypeSuffix;
}

}  // namespace kvs
