#include "properties.h"

#include "config.h"
#include "metadata.h"
#include "sink.h"
#include "structures.h"

namespace kvs {

namespace {

/// Tells the core of a property that may change while playing.
void tell_core(Sink& sink, guint id) {
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  if (id == kEventMetadata) return stream->event_turns.start_over();
  if (id == kFragmentMetadata) return push_fragment_metadata(sink, *stream->bridge);
  const std::string json = property_json(sink, id);
  Control control{ElementMessage::kProperty};
  control.payload = json;
  control.retain_key = "property/" + std::to_string(id);
  stream->bridge->push_control(control);
}

}  // namespace

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* param) {
  Sink& sink = sink_of(object);
  if (id <= kPropNone || id >= kStats) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, param);
    return;
  }
  // Before the start the next change of state says it, as of every property.
  const bool at_once = is_live_property(id) && sink.stream.current() != nullptr;
  if (at_once && !takes_structure(sink, id, value)) return;
  sink.settings.set(id, value);
  if (is_live_property(id)) tell_core(sink, id);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* param) {
  Sink& sink = sink_of(object);
  if (id == kStats) {
    g_value_take_boxed(value, sink.statistics.read());
    return;
  }
  if (id <= kPropNone || id > kStats) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, param);
    return;
  }
  sink.settings.copy(id, value);
}

}  // namespace kvs
