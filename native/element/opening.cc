#include "opening.h"

#include <algorithm>  // std::min

#include "config.h"
#include "late_pads.h"
#include "peers.h"

namespace kvs {

namespace {

/// The element may hold what the core's store would hold: storage-size is in MiB, buffer-duration
/// in seconds.
QueueLimits queue_limits(const Settings& settings) {
  QueueLimits limits;
  const guint64 bytes = guint64{settings.number(kStorageSize)} * 1024 * 1024;
  limits.max_bytes = static_cast<size_t>(std::min<guint64>(bytes, SIZE_MAX / 2));
  const guint64 seconds = settings.number(kBufferDuration);
  limits.max_duration_ns = (seconds == 0 ? kZeroBufferDurationS : seconds) * GST_SECOND;
  return limits;
}

StreamMode mode_of(const Settings& settings) {
  StreamMode mode;
  mode.clip = !settings.flag(kDisableBufferClipping);
  mode.offline = settings.choice(kStreamingType) == static_cast<gint>(StreamingType::kOffline);
  return mode;
}

OpenRequest make_request(Sink& sink) {
  const Settings& settings = sink.settings;
  OpenRequest request;
  const guint pad_wait_ms = settings.number(kPadWaitTime);
  const bool waits = pad_wait_ms > 0 && sink.pad_wait.ask_core();
  request.config_json = open_json(sink, waits ? pad_wait_ms : 0);
  request.limits = queue_limits(settings);
  request.host.host_timeout = std::chrono::seconds{settings.number(kHostTimeout)};
  request.host.stop_timeout = std::chrono::milliseconds{settings.stop_timeout_ms()};
  request.send_interval = std::chrono::milliseconds{settings.number(kSendInterval)};
  request.listener = sink.listener;
  return request;
}

}  // namespace

bool open_stream(Sink& sink) {
  for (const PadRef& pad : sink.tracks.pads()) inspect_pad(sink, pad.get());
  sink.tracks.assign_ids();
  OpenRequest request = make_request(sink);

  std::string error;
  const bool opened = sink.stream.open([&]() -> std::shared_ptr<OpenStream> {
    auto bridge = open_bridge(std::move(request), &error);
    if (bridge == nullptr) return nullptr;
    sink.statistics.begin();
    sink.tracks.begin(*bridge);
    return std::make_shared<OpenStream>(std::move(bridge), mode_of(sink.settings));
  });
  if (!opened) {
    GST_ELEMENT_ERROR(sink.element, LIBRARY, INIT, ("%s", error.c_str()),
                      ("Failed to init kvs producer. Error: %s", error.c_str()));
    return false;
  }
  tell_no_more_pads(sink);
  return true;
}

void open_late_stream(Sink& sink) {
  std::lock_guard opening(sink.opening);
  if (!std::holds_alternative<AwaitingPads>(sink.stream.state())) return;
  if (!open_stream(sink)) sink.stream.fail();
}

void close_stream(Sink& sink) {
  const auto stream = sink.stream.close();
  sink.tracks.end();
  stop_awaiting_pads(sink);
  if (stream != nullptr) stream->bridge->close();
}

}  // namespace kvs
