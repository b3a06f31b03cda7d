#include "chain.h"

#include <array>

#include "json.h"
#include "key_units.h"
#include "log.h"
#include "loss_report.h"
#include "metadata.h"
#include "opening.h"
#include "source.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// A running time, or the buffer's own time where clipping is off or the segment has no time.
struct Times {
  guint64 pts = kTimeNone;
  guint64 dts = kTimeNone;
  bool outside_segment = false;
};

/// A DTS before the segment's start is a negative running time (B-frames at the beginning). It goes
/// as two's complement; the one value that would mean "none" is moved by a nanosecond.
guint64 signed_running_time(const GstSegment& segment, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return kTimeNone;
  guint64 running = 0;
  const gint sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, time, &running);
  if (sign == 0) return kTimeNone;
  if (sign > 0) return running;
  return running == 1 ? static_cast<guint64>(-2)
                      : static_cast<guint64>(-static_cast<gint64>(running));
}

Times times_of(bool clip, const Track& track, GstBuffer* buffer) {
  Times times{GST_BUFFER_PTS(buffer), GST_BUFFER_DTS(buffer), false};
  if (!clip || track.segment.format != GST_FORMAT_TIME) return times;
  times.dts = signed_running_time(track.segment, times.dts);
  if (!GST_CLOCK_TIME_IS_VALID(times.pts)) return times;
  times.pts = gst_segment_to_running_time(&track.segment, GST_FORMAT_TIME, times.pts);
  times.outside_segment = !GST_CLOCK_TIME_IS_VALID(times.pts);
  return times;
}

/// A header without a time that the caps have too: no frame, so nothing is lost without it. Which
/// frames can be decoded is the core's decision, which knows their bytes.
bool is_spare_header(const Track& track, GstBuffer* buffer) {
  if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) return false;
  if (GST_BUFFER_PTS_IS_VALID(buffer) || GST_BUFFER_DTS_IS_VALID(buffer)) return false;
  // Pieces of an access unit seldom have times of their own.
  return !track.in_pieces && track.has_stream_header;
}

guint16 flags_of(const Track& track, GstBuffer* buffer) {
  guint16 flags = 0;
  if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) flags |= kKeyFrame;
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)) flags |= kDiscontinuity;
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DROPPABLE)) flags |= kDiscardable;
  // Not to be shown, but others may refer to it.
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DECODE_ONLY)) flags |= kInvisible;
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED)) flags |= kCorrupted;
  if (track.after_loss) flags |= kAfterDrop;
  if (track.in_pieces) {
    flags |= kPiece;
    if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER)) flags |= kLastPiece;
  }
  return flags;
}

/// A key frame in pieces counts once.
bool begins_key_frame(Track& track, guint16 flags) {
  const bool key = (flags & kKeyFrame) != 0;
  const bool begins = key && !track.in_key_unit;
  track.in_key_unit = track.in_pieces && key && (flags & kLastPiece) == 0;
  return begins;
}

/// The buffer's memories, mapped one by one: mapping the whole would copy those of several pieces.
class MappedMemories {
 public:
  explicit MappedMemories(GstBuffer* buffer) {
    const guint count = gst_buffer_n_memory(buffer);
    for (guint i = 0; i < count && i < maps_.size(); i++) {
      GstMemory* memory = gst_buffer_peek_memory(buffer, i);
      if (!gst_memory_map(memory, &maps_[count_], GST_MAP_READ)) {
        sound_ = false;
        return;
      }
      memories_[count_] = memory;
      chunks_[count_] = {maps_[count_].data, maps_[count_].size};
      count_++;
    }
  }
  ~MappedMemories() {
    for (size_t i = 0; i < count_; i++) gst_memory_unmap(memories_[i], &maps_[i]);
  }
  MappedMemories(const MappedMemories&) = delete;
  MappedMemories& operator=(const MappedMemories&) = delete;

  bool sound() const { return sound_; }
  const Chunk* chunks() const { return chunks_.data(); }
  size_t count() const { return count_; }

 private:
  static constexpr size_t kMax = 16;  // GStreamer merges beyond
  std::array<GstMapInfo, kMax> maps_;
  std::array<GstMemory*, kMax> memories_;
  std::array<Chunk, kMax> chunks_;
  size_t count_ = 0;
  bool sound_ = true;
};

/// Tells the core of a frame that does not come, and of the gap in front of the next one.
void leave_out(Bridge& bridge, Track& track, guint64 pts_ns, const char* reason) {
  track.after_loss = true;
  const std::string json = JsonObject().number("frames", 1).string("reason", reason).done();
  Control control{ElementMessage::kLeftOut, track.id, pts_ns};
  control.payload = json;
  bridge.push_control(control);
}

GstFlowReturn push(Sink& sink, OpenStream& stream, Track& track, GstBuffer* buffer,
                   const Times& times) {
  Bridge& bridge = *stream.bridge;
  ElementHeader header;
  header.track = track.id;
  header.flags = flags_of(track, buffer);
  header.pts_ns = times.pts;
  header.dts_ns = times.dts;
  header.duration_ns = GST_BUFFER_DURATION(buffer);
  header.monotonic_ns = static_cast<uint64_t>(g_get_monotonic_time()) * 1000;
  look_at_source(track, bridge, times.pts, GST_BUFFER_DURATION(buffer), header.monotonic_ns);
  event_before_frame(sink, stream, track, begins_key_frame(track, header.flags));

  const MappedMemories memories(buffer);
  if (!memories.sound()) {
    leave_out(bridge, track, times.pts, "unreadable");
    GST_ELEMENT_WARNING(sink.element, RESOURCE, READ,
                        ("A frame is lost: its memory cannot be read."),
                        ("gst_memory_map failed for %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_OK;
  }
  stream.drains.count_handed_over();
  track.after_loss = false;
  const PushResult result = bridge.push_frame(header, memories.chunks(), memories.count(),
                                              when_full(stream.mode.offline, track));
  if (bridge.has_loss() || stream.losses.has_untold()) report_loss(sink, stream, false);
  switch (result) {
    case PushResult::kQueued:
    case PushResult::kDropped:
      return GST_FLOW_OK;
    case PushResult::kTooLarge:
      leave_out(bridge, track, times.pts, "too-large");
      GST_ELEMENT_WARNING(sink.element, RESOURCE, WRITE,
                          ("A frame of %" G_GSIZE_FORMAT " bytes is lost: it is too large.",
                           gst_buffer_get_size(buffer)),
                          ("frames must be smaller than 512 MB"));
      return GST_FLOW_OK;
    case PushResult::kFlushing:
      break;
  }
  return std::holds_alternative<Failed>(sink.stream.state()) ? GST_FLOW_ERROR : GST_FLOW_FLUSHING;
}

/// For whoever asks how far the stream is.
void keep_position(Track& track, GstBuffer* buffer) {
  const GstClockTime time = GST_BUFFER_DTS_OR_PTS(buffer);
  if (track.segment.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(time)) return;
  const guint64 position = gst_segment_to_stream_time(&track.segment, GST_FORMAT_TIME, time);
  if (position != kTimeNone) track.position_ns.store(position, std::memory_order_relaxed);
}

/// The stream that a frame of this track goes to; opened now, if it waited for the first one.
StreamState stream_for(Sink& sink) {
  StreamState state = sink.stream.state();
  if (!std::holds_alternative<AwaitingPads>(state)) return state;
  open_late_stream(sink);
  return sink.stream.state();
}

/// Tells the core that the track has nothing for a while.
void push_gap(Sink& sink, OpenStream& stream, Track& track, GstClockTime pts,
              GstClockTime duration) {
  if (stream.mode.clip && track.segment.format == GST_FORMAT_TIME) {
    pts = gst_segment_to_running_time(&track.segment, GST_FORMAT_TIME, pts);
  }
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return;
  if (track.id == 0) sink.tracks.introduce(track, *stream.bridge);
  stream.bridge->push_control({ElementMessage::kGap, track.id, pts, duration});
}

GstFlowReturn take(Sink& sink, GstPad* pad, GstBuffer* buffer) {
  Track& track = *track_of(pad);
  const StreamState state = stream_for(sink);
  if (std::holds_alternative<Failed>(state)) return GST_FLOW_ERROR;
  if (!std::holds_alternative<Open>(state)) return GST_FLOW_FLUSHING;
  OpenStream& stream = *std::get<Open>(state).stream;
  if (track.id == 0) sink.tracks.introduce(track, *stream.bridge);
  if (track.key_unit_due.exchange(false)) request_key_unit(track);
  if (is_spare_header(track, buffer)) {
    GST_DEBUG_OBJECT(pad, "pass over a header that the caps have: %" GST_PTR_FORMAT, buffer);
    return GST_FLOW_OK;
  }
  if (gst_buffer_get_size(buffer) == 0) {
    if (GST_BUFFER_PTS_IS_VALID(buffer)) {
      push_gap(sink, stream, track, GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer));
    }
    return GST_FLOW_OK;
  }
  const Times times = times_of(stream.mode.clip, track, buffer);
  if (times.outside_segment) {
    GST_LOG_OBJECT(pad, "drop a frame outside its segment: %" GST_PTR_FORMAT, buffer);
    leave_out(*stream.bridge, track, kTimeNone, "outside-segment");
    return GST_FLOW_OK;
  }
  const GstFlowReturn result = push(sink, stream, track, buffer, times);
  if (result == GST_FLOW_OK) keep_position(track, buffer);
  return result;
}

}  // namespace

GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
  const GstFlowReturn result = take(sink_of(parent), pad, buffer);
  gst_buffer_unref(buffer);
  return result;
}

void take_gap(Sink& sink, Track& track, GstClockTime pts, GstClockTime duration) {
  if (const auto stream = sink.stream.current()) push_gap(sink, *stream, track, pts, duration);
}

}  // namespace kvs
