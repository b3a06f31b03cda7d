#include "loss_report.h"

#include <set>

#include "enums.h"

namespace kvs {

namespace {

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

void post(Sink& sink, OpenStream& stream, const Loss& loss) {
  GstStructure* structure = gst_structure_new(
      "kvs-dropped-frames", "stream", G_TYPE_STRING, sink.settings.text(kStreamName).c_str(),
      "frames", G_TYPE_UINT, static_cast<guint>(loss.frames), "bytes", G_TYPE_UINT64,
      static_cast<guint64>(loss.bytes), "reason", G_TYPE_STRING, "bridge-full", nullptr);
  if (loss.first_pts_ns != kTimeNone) {
    gst_structure_set(structure, "pts-ns", G_TYPE_UINT64, static_cast<guint64>(loss.first_pts_ns),
                      nullptr);
  }
  count_reported_loss(stream, structure);
  gst_element_post_message(sink.element,
                           gst_message_new_element(GST_OBJECT(sink.element), structure));
  GST_ELEMENT_WARNING(
      sink.element, RESOURCE, WRITE,
      ("%s %s dropped: the producer takes none at present, and more than storage-size and "
       "buffer-duration allow was waiting for it.",
       text_of(loss).c_str(), loss.frames == 1 ? "was" : "were"),
      ("the oldest frames are dropped first; the rest begins with a key frame"));
}

/// At the end of the stream: an error where frames are lost, unless on-loss says otherwise.
void post_end(Sink& sink, bool has_failed, const std::string& text, const char* debug) {
  const bool is_error =
      has_failed && sink.settings.choice(kOnLoss) != static_cast<gint>(OnLoss::kWarning);
  if (is_error) {
    GST_ELEMENT_ERROR(sink.element, RESOURCE, WRITE, ("%s", text.c_str()), ("%s", debug));
  } else {
    GST_ELEMENT_WARNING(sink.element, RESOURCE, WRITE, ("%s", text.c_str()), ("%s", debug));
  }
}

/// Frames that nobody could have stored, whatever the network was like, or that the application
/// gave up: those are no failure of the stream.
bool is_failure(const std::string& reason) {
  static const std::set<std::string> others{"no-key-frame",    "not-decodable", "corrupted",
                                            "no-format",       "invalid",       "too-large",
                                            "outside-segment", "unreadable",    "reset"};
  return others.count(reason) == 0;
}

}  // namespace

void report_loss(Sink& sink, OpenStream& stream, bool at_once) {
  const Loss fresh = stream.bridge->take_loss();
  if (fresh) sink.statistics.add_dropped(fresh);
  const auto now_us = static_cast<guint64>(g_get_monotonic_time());
  if (const Loss due = stream.losses.take_due(fresh, now_us, at_once)) post(sink, stream, due);
}

void count_reported_loss(OpenStream& stream, const GstStructure* structure) {
  guint frames = 0;
  const gchar* reason = gst_structure_get_string(structure, "reason");
  if (!g_str_has_prefix(gst_structure_get_name(structure), "kvs-dropped-") ||
      !gst_structure_get_uint(structure, "frames", &frames)) {
    return;
  }
  stream.losses.count(reason == nullptr ? "unknown" : reason, frames);
}

void post_undelivered(Sink& sink, const std::string& text) {
  post_end(sink, true, text, "");
}

void report_all_losses(Sink& sink) {
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  report_loss(sink, *stream, true);
  guint64 frames = 0;
  bool has_failed = false;
  std::string reasons;
  for (const auto& [reason, count] : stream->losses.take_counts()) {
    frames += count;
    has_failed |= is_failure(reason);
    if (!reasons.empty()) reasons += ", ";
    reasons += reason + " " + std::to_string(count);
  }
  if (frames == 0) return;
  const std::string text =
      "In all, " + std::to_string(frames) +
      (frames == 1 ? " frame of this stream is" : " frames of this stream are") + " not stored (" +
      reasons + ").";
  post_end(sink, has_failed, text,
           "see kvs-dropped-frames and kvs-dropped-fragment on the bus for when and why");
}

}  // namespace kvs
