// Upstream's signals: stream-error, fragment-ack and stream-client-metric.
#pragma once

#include <gst/gst.h>

namespace kvs {

void install_signals(GObjectClass* klass);

/// @param status one of upstream's status codes
void emit_stream_error(GstElement* element, guint64 status);
void emit_fragment_ack(GstElement* element, const GstStructure* ack);
/// Only metrics of a frame carry its time; those at an interval are no signal of upstream's.
void emit_metrics(GstElement* element, const GstStructure* metrics);

}  // namespace kvs
