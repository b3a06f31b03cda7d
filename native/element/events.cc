#include "events.h"

#include "chain.h"
#include "ending.h"
#include "log.h"
#include "metadata.h"
#include "opening.h"
#include "sink_messages.h"
#include "source.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

void on_caps(Sink& sink, Track& track, GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  track.has_stream_header = gst_structure_has_field(structure, "streamheader");
  track.in_pieces = g_strcmp0(gst_structure_get_string(structure, "alignment"), "nal") == 0;
  track.in_key_unit = false;
  sink.tracks.set_caps(track, structure);
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  if (track.id != 0)
    sink.tracks.send_caps(track, *stream->bridge);
  else
    sink.tracks.introduce(track, *stream->bridge);
}

void on_gap(Sink& sink, Track& track, GstEvent* event) {
  GstClockTime pts, duration;
  gst_event_parse_gap(event, &pts, &duration);
  take_gap(sink, track, pts, duration);
}

void on_eos(Sink& sink, Track& track, guint32 seqnum) {
  if (std::holds_alternative<AwaitingPads>(sink.stream.state())) open_late_stream(sink);
  if (!sink.tracks.reach_eos(track)) return;
  sink.eos.keep_seqnum(seqnum);
  const auto stream = sink.stream.current();
  if (stream != nullptr && track.id != 0) {
    Control control{ElementMessage::kTrackEos, track.id};
    control.retain_key = "!eos/" + std::to_string(track.id);
    stream->bridge->push_control(control);
  }
  finish_if_all_eos(sink);
}

void on_flush_start(Sink& sink, Track& track, guint32 seqnum) {
  sink.tracks.keep_flush(track, seqnum);
  if (const auto stream = sink.stream.current()) {
    stream->bridge->set_track_flushing(track.id, true);
    stream->bridge->interrupt();
  }
  sink.eos.cancel();
}

void on_flush_stop(Sink& sink, Track& track, GstEvent* event) {
  const guint32 seqnum = gst_event_get_seqnum(event);
  gboolean resets_time = FALSE;
  gst_event_parse_flush_stop(event, &resets_time);
  gst_segment_init(&track.segment, GST_FORMAT_UNDEFINED);
  forget_source(track);
  track.position_ns = kTimeNone;
  sink.tracks.revive(track);
  // All pads see the flush of one seek; to the core it is one break in the timeline.
  const bool first_of_seek = sink.stream.begins_flush(seqnum);
  if (first_of_seek && resets_time) post_new_running_time(sink);
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  if (first_of_seek) stream->bridge->push_control({ElementMessage::kFlush, track.id});
  stream->bridge->set_track_flushing(track.id, false);
}

/// STREAM_START after EOS revives a pad without a flush. It also begins a pad that came while the
/// others were at their end: the stream ends with this one now. Another stream's frames do not
/// refer to those of the one before: a selector was switched.
void on_stream_start(Sink& sink, Track& track, GstEvent* event) {
  const gchar* stream_id = nullptr;
  gst_event_parse_stream_start(event, &stream_id);
  if (!track.stream_id.empty() && track.stream_id != stream_id) track.after_loss = true;
  track.stream_id = stream_id;
  const bool revived = sink.tracks.revive(track);
  sink.eos.cancel();
  if (!revived) return;
  if (const auto stream = sink.stream.current()) {
    stream->bridge->push_control({ElementMessage::kFlush, track.id});
  }
}

}  // namespace

gboolean pad_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  Sink& sink = sink_of(parent);
  Track& track = *track_of(pad);
  GST_LOG_OBJECT(pad, "event %s", GST_EVENT_TYPE_NAME(event));
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS: {
      GstCaps* caps;
      gst_event_parse_caps(event, &caps);
      on_caps(sink, track, caps);
      break;
    }
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &track.segment);
      break;
    case GST_EVENT_STREAM_START:
      on_stream_start(sink, track, event);
      post_stream_start(sink, track, event);
      break;
    case GST_EVENT_GAP:
      on_gap(sink, track, event);
      break;
    case GST_EVENT_EOS:
      on_eos(sink, track, gst_event_get_seqnum(event));
      break;
    case GST_EVENT_FLUSH_START:
      on_flush_start(sink, track, gst_event_get_seqnum(event));
      break;
    case GST_EVENT_FLUSH_STOP:
      on_flush_stop(sink, track, event);
      break;
    case GST_EVENT_TAG:
      post_tags(sink, event);
      break;
    case GST_EVENT_TOC:
      post_toc(sink, event);
      break;
    case GST_EVENT_SINK_MESSAGE:
      post_carried_message(sink, event);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      handle_metadata_event(sink, event);
      break;
    default:
      break;
  }
  gst_event_unref(event);
  return TRUE;
}

}  // namespace kvs
