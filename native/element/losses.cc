// Frames that no store could have held, and the last words about all that are not stored.
#include <utility>  // std::exchange

#include "sink.h"

namespace kvs {

namespace {

/// A drop goes on for many frames; it is told at its beginning and then once a second.
constexpr guint64 kReportIntervalUs = G_USEC_PER_SEC;

/// E.g. "209 frames (7.0 s, 1.3 MB)".
std::string text_of(const Loss& loss) {
  const bool timed = loss.first_pts_ns != kTimeNone && loss.last_pts_ns != kTimeNone &&
                     loss.last_pts_ns > loss.first_pts_ns;
  const double seconds =
      timed ? static_cast<double>(loss.last_pts_ns - loss.first_pts_ns) / GST_SECOND : 0;
  gchar* text = g_strdup_printf("%" G_GUINT64_FORMAT " frame%s (%.1f s, %.1f MB)",
                                static_cast<guint64>(loss.frames), loss.frames == 1 ? "" : "s",
                                seconds, static_cast<double>(loss.bytes) / 1e6);
  const std::string result = text;
  g_free(text);
  return result;
}

void post(Sink* sink, const Loss& loss) {
  GstStructure* structure = gst_structure_new(
      "kvs-dropped-frames", "stream", G_TYPE_STRING, string_property(sink, kStreamName).c_str(),
      "frames", G_TYPE_UINT, static_cast<guint>(loss.frames), "bytes", G_TYPE_UINT64,
      static_cast<guint64>(loss.bytes), "reason", G_TYPE_STRING, "bridge-full", nullptr);
  if (loss.first_pts_ns != kTimeNone) {
    gst_structure_set(structure, "pts-ns", G_TYPE_UINT64, static_cast<guint64>(loss.first_pts_ns),
                      nullptr);
  }
  count_reported_loss(sink, structure);
  gst_element_post_message(sink->element,
                           gst_message_new_element(GST_OBJECT(sink->element), structure));
  GST_ELEMENT_WARNING(
      sink->element, RESOURCE, WRITE,
      ("%s %s dropped: the producer takes none at present, and more than storage-size and "
       "buffer-duration allow was waiting for it.",
       text_of(loss).c_str(), loss.frames == 1 ? "was" : "were"),
      ("the oldest frames go first; what is left begins with a key frame"));
}

}  // namespace

/// @param at_once also what was dropped less than a second after the last report
void report_loss(Sink* sink, Bridge& bridge, bool at_once) {
  const Loss fresh = bridge.take_loss();
  const auto now_us = static_cast<guint64>(g_get_monotonic_time());
  Loss due;
  {
    std::lock_guard lock(sink->mutex);
    Losses& losses = sink->losses;
    losses.pending.add(fresh);
    losses.bridge.add(fresh);
    const bool is_due = at_once || now_us - losses.reported_us >= kReportIntervalUs;
    sink->losing = !is_due;
    if (!is_due) return;
    losses.reported_us = now_us;
    due = std::exchange(losses.pending, {});
  }
  if (due) post(sink, due);
}

/// Takes note of a kvs-dropped-frames or kvs-dropped-fragment that goes to the bus.
void count_reported_loss(Sink* sink, const GstStructure* structure) {
  guint frames = 0;
  const gchar* reason = gst_structure_get_string(structure, "reason");
  if (!g_str_has_prefix(gst_structure_get_name(structure), "kvs-dropped-") ||
      !gst_structure_get_uint(structure, "frames", &frames)) {
    return;
  }
  std::lock_guard lock(sink->mutex);
  sink->losses.frames_by_reason[reason == nullptr ? "unknown" : reason] += frames;
}

/// Frames that were taken are lost with the end of the stream: an error, unless on-loss says else.
void post_undelivered(Sink* sink, const std::string& text) {
  if (enum_property(sink, kOnLoss) == static_cast<gint>(OnLoss::kWarning)) {
    GST_ELEMENT_WARNING(sink->element, RESOURCE, WRITE, ("%s", text.c_str()), (nullptr));
  } else {
    GST_ELEMENT_ERROR(sink->element, RESOURCE, WRITE, ("%s", text.c_str()), (nullptr));
  }
}

/// The last words of a stream, before its EOS or its end.
void report_all_losses(Sink* sink) {
  if (const auto bridge = bridge_of(sink)) report_loss(sink, *bridge, true);
  guint64 frames = 0;
  std::string reasons;
  {
    std::lock_guard lock(sink->mutex);
    for (const auto& entry : std::exchange(sink->losses.frames_by_reason, {})) {
      frames += entry.second;
      if (!reasons.empty()) reasons += ", ";
      reasons += entry.first + " " + std::to_string(entry.second);
    }
  }
  if (frames == 0) return;
  GST_ELEMENT_WARNING(sink->element, RESOURCE, WRITE,
                      ("In all, %" G_GUINT64_FORMAT " frame%s of this stream %s not stored (%s).",
                       frames, frames == 1 ? "" : "s", frames == 1 ? "is" : "are", reasons.c_str()),
                      ("kvs-dropped-frames and kvs-dropped-fragment on the bus say when and why"));
}

}  // namespace kvs
