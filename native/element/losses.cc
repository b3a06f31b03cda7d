#include <utility>  // std::exchange

#include "sink.h"

namespace kvs {

namespace {

/// A drop goes on for many frames; it is told at its end and at most once a second.
constexpr guint64 kReportIntervalUs = G_USEC_PER_SEC;

void post(Sink* sink, const Loss& loss) {
  GstStructure* structure = gst_structure_new(
      "kvs-dropped-frames", "stream", G_TYPE_STRING, string_property(sink, kStreamName).c_str(),
      "frames", G_TYPE_UINT, static_cast<guint>(loss.frames), "bytes", G_TYPE_UINT64,
      static_cast<guint64>(loss.bytes), "reason", G_TYPE_STRING, "bridge-full", nullptr);
  if (loss.first_pts_ns != kTimeNone) {
    gst_structure_set(structure, "pts-ns", G_TYPE_UINT64, static_cast<guint64>(loss.first_pts_ns),
                      nullptr);
  }
  gst_element_post_message(sink->element,
                           gst_message_new_element(GST_OBJECT(sink->element), structure));
  GST_ELEMENT_WARNING(
      sink->element, RESOURCE, WRITE,
      ("%" G_GUINT64_FORMAT " frames (%" G_GUINT64_FORMAT " bytes) were dropped: the producer does "
       "not keep up. Is the machine too busy?",
       static_cast<guint64>(loss.frames), static_cast<guint64>(loss.bytes)),
      ("the way to the producer is full; frames go on at the next key frame"));
}

}  // namespace

void report_loss(Sink* sink, Bridge& bridge, bool ended) {
  const Loss fresh = bridge.take_loss();
  const auto now = static_cast<guint64>(g_get_monotonic_time());
  Loss due;
  {
    std::lock_guard lock(sink->mutex);
    for (Loss* sum : {&sink->loss, &sink->total_loss}) {
      if (sum->frames == 0) sum->first_pts_ns = fresh.first_pts_ns;
      sum->frames += fresh.frames;
      sum->bytes += fresh.bytes;
    }
    if (!ended && now - sink->loss_reported_us < kReportIntervalUs) return;
    sink->loss_reported_us = now;
    due = std::exchange(sink->loss, {});
    if (ended) sink->losing = false;
  }
  if (due) post(sink, due);
}

}  // namespace kvs
