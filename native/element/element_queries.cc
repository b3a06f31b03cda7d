#include "element_queries.h"

#include <algorithm>  // std::max

#include "sink.h"

namespace kvs {

namespace {

/// The longest wait of all tracks; kvssink itself adds none, for it does not wait for the clock.
gboolean answer_latency(Sink& sink, GstQuery* query) {
  gboolean live = FALSE;
  GstClockTime longest = 0;
  GstClockTime shortest_max = GST_CLOCK_TIME_NONE;
  for (const PadRef& pad : sink.tracks.pads()) {
    GstQuery* ask = gst_query_new_latency();
    if (gst_pad_peer_query(pad.get(), ask)) {
      gboolean pad_live;
      GstClockTime min, max;
      gst_query_parse_latency(ask, &pad_live, &min, &max);
      if (pad_live) {
        live = TRUE;
        longest = std::max(longest, min);
        if (GST_CLOCK_TIME_IS_VALID(max)) shortest_max = std::min(shortest_max, max);
      }
    }
    gst_query_unref(ask);
  }
  gst_query_set_latency(query, live, longest, shortest_max);
  return TRUE;
}

/// The first peer that knows. @returns whether one does.
bool ask_upstream(Sink& sink, GstQuery* query) {
  for (const PadRef& pad : sink.tracks.pads()) {
    if (gst_pad_peer_query(pad.get(), query)) return true;
  }
  return false;
}

/// The longest of all tracks; -1 when nobody upstream knows.
gint64 longest_duration(Sink& sink, GstFormat format) {
  gint64 longest = -1;
  for (const PadRef& pad : sink.tracks.pads()) {
    gint64 duration = -1;
    if (gst_pad_peer_query_duration(pad.get(), format, &duration)) {
      longest = std::max(longest, duration);
    }
  }
  return longest;
}

bool answer_position(Sink& sink, GstQuery* query) {
  GstFormat format;
  gst_query_parse_position(query, &format, nullptr);
  const gint64 position = sink.tracks.position_ns();
  if (format == GST_FORMAT_TIME && position >= 0) {
    gst_query_set_position(query, format, position);
    return true;
  }
  if (format == GST_FORMAT_PERCENT && position >= 0) {
    const gint64 duration = longest_duration(sink, GST_FORMAT_TIME);
    if (duration <= 0) return false;
    gst_query_set_position(
        query, format,
        gst_util_uint64_scale(GST_FORMAT_PERCENT_MAX, std::min(position, duration), duration));
    return true;
  }
  return ask_upstream(sink, query);
}

bool answer_duration(Sink& sink, GstQuery* query) {
  GstFormat format;
  gst_query_parse_duration(query, &format, nullptr);
  const gint64 duration = longest_duration(sink, format);
  if (duration >= 0) gst_query_set_duration(query, format, duration);
  return duration >= 0;
}

/// A seek goes to all pads, so one that can seek is enough.
bool answer_seeking(Sink& sink, GstQuery* query) {
  GstFormat format;
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  bool answered = false;
  for (const PadRef& pad : sink.tracks.pads()) {
    if (!gst_pad_peer_query(pad.get(), query)) continue;
    answered = true;
    gboolean seekable = FALSE;
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
    if (seekable) return true;
  }
  if (answered) gst_query_set_seeking(query, format, FALSE, 0, -1);
  return answered;
}

}  // namespace

gboolean element_query(GstElement* element, GstQuery* query) {
  Sink& sink = sink_of(element);
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      return answer_latency(sink, query);
    case GST_QUERY_POSITION:
      return answer_position(sink, query);
    case GST_QUERY_DURATION:
      return answer_duration(sink, query);
    case GST_QUERY_SEEKING:
      return answer_seeking(sink, query);
    default:
      return ask_upstream(sink, query);
  }
}

}  // namespace kvs
