#include "queries.h"

#include "sink.h"

namespace kvs {

namespace {

/// What the core knows how to store without being told codec-id and content-type.
GstCaps* known_caps() {
  static GstStaticCaps caps = GST_STATIC_CAPS(
      "video/x-h264, stream-format = (string) avc, alignment = (string) au; "
      "video/x-h264, stream-format = (string) { avc3, byte-stream }, alignment = (string) au; "
      "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, "
      "alignment = (string) au; "
      // Pieces of access units cost a message each: only for sources that have nothing else.
      "video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, "
      "alignment = (string) nal; "
      "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, "
      "alignment = (string) nal; image/jpeg; "
      "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) { raw, adts }; "
      "audio/x-alaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
      "audio/x-mulaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
      "audio/x-opus");
  return gst_static_caps_get(&caps);
}

/// Either kind on any pad: a pad asked for without caps got its name before its media was known.
gboolean answer_caps(Sink& sink, GstQuery* query) {
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  GstCaps* caps = sink.settings.takes_any_media() ? gst_caps_new_any() : known_caps();
  if (filter != nullptr) {
    GstCaps* both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref(caps);
    caps = both;
  }
  gst_query_set_caps_result(query, caps);
  gst_caps_unref(caps);
  return TRUE;
}

}  // namespace

gboolean pad_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS:
      return answer_caps(sink_of(parent), query);
    case GST_QUERY_ALLOCATION:
      // Every buffer is copied in the chain function, so a pool needs none beyond its own.
      return TRUE;
    case GST_QUERY_SEEKING: {
      // The element's own query goes to the source; a pad takes what comes.
      GstFormat format;
      gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
      gst_query_set_seeking(query, format, FALSE, 0, -1);
      return TRUE;
    }
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

}  // namespace kvs
