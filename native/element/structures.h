// Structure properties, whose fields are texts unless they mean a number.
#pragma once

#include "sink.h"

namespace kvs {

/// @returns false after posting an error about a field of a property that is no text
bool has_sound_structures(Sink& sink);

/// @returns false after posting a warning: the property keeps its value
bool takes_structure(Sink& sink, guint property, const GValue* value);

}  // namespace kvs
