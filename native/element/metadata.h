// Tags and events of fragments, from custom events and from properties.
#pragma once

#include "sink.h"

namespace kvs {

/// kvs-add-metadata and kvs-add-event. @returns whether it is one of them, sound or not
bool handle_metadata_event(Sink& sink, GstEvent* event);

/// The property while playing: each field becomes a persistent tag.
void push_fragment_metadata(Sink& sink, Bridge& bridge);

/// event-metadata: raises the event in front of each Nth key frame of the first track.
void event_before_frame(Sink& sink, OpenStream& stream, const Track& track, bool key_frame);

}  // namespace kvs
