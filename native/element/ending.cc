#include "ending.h"

#include "json.h"
#include "loss_report.h"

namespace kvs {

namespace {

/// The core keeps to stop-stream-timeout by itself; this much later it is taken for dead. It bounds
/// the wait even if the host hangs.
constexpr guint64 kGraceMs = 5'000;

void push_drain(Bridge& bridge, guint64 timeout_ms) {
  const std::string json = JsonObject().number("timeoutMs", timeout_ms).done();
  Control control{ElementMessage::kDrain};
  control.payload = json;
  control.retain_key = "!drain";
  bridge.push_control(control);
}

void post_eos(Sink& sink) {
  report_all_losses(sink);
  GstMessage* message = gst_message_new_eos(GST_OBJECT(sink.element));
  const guint32 seqnum = sink.eos.seqnum();
  if (seqnum != GST_SEQNUM_INVALID) gst_message_set_seqnum(message, seqnum);
  gst_element_post_message(sink.element, message);
}

void on_guard(GstElement* element) {
  Sink& sink = sink_of(element);
  const auto stream = sink.stream.current();
  const guint64 frames = stream == nullptr ? 0 : stream->drains.unsettled();
  post_undelivered(
      sink,
      "The producer did not confirm within stop-stream-timeout that everything was sent; "
      "of the last " +
          std::to_string(frames) + " frames some or all may be missing.");
  if (sink.eos.cancel()) post_eos(sink);
}

}  // namespace

void finish_if_all_eos(Sink& sink) {
  if (sink.eos.is_pending() || !sink.tracks.are_all_at_eos()) return;
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  const guint64 timeout_ms = sink.settings.stop_timeout_ms();
  Timer guard = start_timer(sink.element, timeout_ms + kGraceMs, on_guard);
  if (sink.eos.begin(stream->drains, std::move(guard))) push_drain(*stream->bridge, timeout_ms);
}

void on_drained(Sink& sink) {
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  const auto drain = stream->drains.answer();
  if (drain && sink.eos.end(*drain)) post_eos(sink);
}

void drain_stream(Sink& sink) {
  const StreamState state = sink.stream.state();
  const auto* open = std::get_if<Open>(&state);
  if (open == nullptr || open->stream->drains.unsettled() == 0) return;
  Bridge& bridge = *open->stream->bridge;
  const guint64 timeout_ms = sink.settings.stop_timeout_ms();
  if (!sink.eos.is_pending()) {
    open->stream->drains.ask();
    push_drain(bridge, timeout_ms);
  }
  switch (bridge.wait_drained(timeout_ms)) {
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

}  // namespace kvs
