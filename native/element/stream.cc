#include <algorithm>  // std::min

#include "json.h"
#include "sink.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

void send_caps(Track& track, Bridge& bridge) {
  Control control{ElementMessage::kCaps, track.id};
  control.payload = track.caps_json;
  control.retain_key = "caps/" + std::to_string(track.id);
  bridge.push_control(control);
}

/// The core's, which 0 stands for.
constexpr guint64 kDefaultBufferDurationS = 20;

/// The element may hold what the core's store would hold: storage-size is in MiB, buffer-duration
/// in seconds.
static QueueLimits queue_limits(Sink* sink) {
  QueueLimits limits;
  const guint64 bytes = guint64{uint_property(sink, kStorageSize)} * 1024 * 1024;
  limits.max_bytes = static_cast<size_t>(std::min<guint64>(bytes, SIZE_MAX / 2));
  const guint64 seconds = uint_property(sink, kBufferDuration);
  limits.max_duration_ns = (seconds == 0 ? kDefaultBufferDurationS : seconds) * GST_SECOND;
  return limits;
}

/// Under the mutex.
static void begin(Sink* sink, std::shared_ptr<Bridge> bridge) {
  sink->bridge = std::move(bridge);
  sink->losses = {};
  sink->drains = {};
  sink->drains.settled = sink->handed_over;
  sink->event_due = true;
  sink->flush_seqnum = 0;
  for (const auto& track : sink->tracks) {
    track->eos = false;
    forget_source(*track);
  }
}

/// Opens a fresh stream. @returns false after posting an error when no core can be had.
bool open_stream(Sink* sink) {
  inspect_pads(sink);
  OpenRequest request;
  request.config_json = open_json(sink);
  request.limits = queue_limits(sink);
  request.host.host_timeout = std::chrono::seconds{uint_property(sink, kHostTimeout)};
  request.host.stop_timeout = std::chrono::milliseconds{stop_timeout_ms(sink)};
  request.listener = sink->listener;
  sink->offline = enum_property(sink, kStreamingType) == static_cast<gint>(StreamingType::kOffline);
  sink->clip = !boolean_property(sink, kDisableBufferClipping);
  sink->failed = false;

  std::string error;
  auto bridge = open_bridge(std::move(request), &error);
  if (bridge == nullptr) {
    GST_ELEMENT_ERROR(sink->element, LIBRARY, INIT, ("%s", error.c_str()),
                      ("Failed to init kvs producer. Error: %s", error.c_str()));
    return false;
  }
  {
    std::lock_guard lock(sink->mutex);
    begin(sink, std::move(bridge));
  }
  tell_no_more_pads(sink);
  return true;
}

/// Opens the stream that waited for a link.
/// The streaming threads of other pads come here too, and wait until it is open.
void open_late_stream(Sink* sink) {
  std::lock_guard opening(sink->opening);
  if (!sink->opens_late) return;
  if (!open_stream(sink)) sink->failed = true;
  {
    std::lock_guard lock(sink->mutex);
    for (const auto& track : sink->tracks) {
      const bool is_known = sink->bridge != nullptr && track->id != 0;
      if (is_known && !track->caps_json.empty()) send_caps(*track, *sink->bridge);
    }
  }
  sink->opens_late = false;
}

/// Lets the core send the rest; waits where the bridge can, no longer than stop-stream-timeout.
void drain_stream(Sink* sink) {
  const auto bridge = bridge_of(sink);
  if (bridge == nullptr || sink->failed) return;
  const guint64 timeout_ms = stop_timeout_ms(sink);
  bool asked_at_eos;
  {
    std::lock_guard lock(sink->mutex);
    if (sink->drains.settled == sink->handed_over) return;
    asked_at_eos = sink->eos_pending;
  }
  if (!asked_at_eos) push_drain(sink, *bridge, timeout_ms);
  switch (bridge->wait_drained(timeout_ms)) {
    case DrainWait::kTimeout:
      post_undelivered(sink, "Not everything was acknowledged within stop-stream-timeout (" +
                                 std::to_string(timeout_ms / 1000) +
                                 " s). The producer gives up what is left.");
      break;
    case DrainWait::kDrained:
    case DrainWait::kInterrupted:
    case DrainWait::kCannotWait:
      break;
  }
  report_all_losses(sink);
}

/// @returns the number of this drain.
guint64 push_drain(Sink* sink, Bridge& bridge, guint64 timeout_ms) {
  guint64 number;
  {
    std::lock_guard lock(sink->mutex);
    sink->drains.marks.push_back(sink->handed_over);
    number = ++sink->drains.asked;
  }
  const std::string json = JsonObject().number("timeoutMs", timeout_ms).done();
  Control control{ElementMessage::kDrain};
  control.payload = json;
  control.retain_key = "!drain";
  bridge.push_control(control);
  return number;
}

/// A flush may have cancelled the EOS that this drain was asked for; then it ends nothing.
void on_drained(Sink* sink) {
  bool ends_stream;
  {
    std::lock_guard lock(sink->mutex);
    Drains& drains = sink->drains;
    if (drains.marks.empty()) return;
    drains.settled = drains.marks.front();
    drains.marks.pop_front();
    drains.answered++;
    ends_stream = drains.answered >= sink->eos_drain;
  }
  if (ends_stream) finish_eos(sink);
}

void close_stream(Sink* sink) {
  std::shared_ptr<Bridge> bridge;
  {
    std::lock_guard lock(sink->mutex);
    bridge = std::move(sink->bridge);
    sink->bridge = nullptr;
    for (const auto& track : sink->tracks) {
      track->id = 0;
      track->caps_json.clear();
    }
  }
  stop_awaiting_pads(sink);
  if (bridge != nullptr) bridge->close();
}

}  // namespace kvs
