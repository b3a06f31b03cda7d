#include "signals.h"

#include <cstring>

#include "kvssink.h"
#include "sink.h"

namespace kvs {

namespace {

enum Signal { kStreamError, kFragmentAckSignal, kStreamClientMetric, kSignalCount };

guint signals[kSignalCount];

// An application compiled against upstream's headers reads these very offsets.
static_assert(offsetof(KvsFragmentAck, sequenceNumber) == 16, "layout of upstream's FragmentAck");
static_assert(offsetof(KvsFragmentAck, result) == 148 && sizeof(KvsFragmentAck) == 152,
              "layout of upstream's FragmentAck");
static_assert(sizeof(KvsStreamMetrics) == 28 * 8, "layout of upstream's StreamMetrics");
static_assert(sizeof(KvsClientMetrics) == 9 * 8, "layout of upstream's ClientMetrics");

constexpr uint32_t kStreamMetricsVersion = 3;
constexpr uint32_t kClientMetricsVersion = 2;
constexpr guint64 kNsPerTick = 100;

guint64 number(const GstStructure* structure, const gchar* name) {
  guint64 wide = 0;
  guint narrow = 0;
  if (gst_structure_get_uint64(structure, name, &wide)) return wide;
  return gst_structure_get_uint(structure, name, &narrow) ? narrow : 0;
}

guint64 ticks(const GstStructure* structure, const gchar* name) {
  return number(structure, name) / kNsPerTick;
}

double real(const GstStructure* structure, const gchar* name) {
  double value = 0;
  gst_structure_get_double(structure, name, &value);
  return value;
}

void fill(const GstStructure* from, KvsStreamMetrics& to) {
  to.version = kStreamMetricsVersion;
  to.currentViewDuration = ticks(from, "current-view-duration-ns");
  to.overallViewDuration = ticks(from, "overall-view-duration-ns");
  to.currentViewSize = number(from, "current-view-size");
  to.overallViewSize = number(from, "overall-view-size");
  to.currentFrameRate = real(from, "current-frame-rate");
  to.currentTransferRate = number(from, "current-transfer-rate");
  to.uptime = ticks(from, "uptime-ns");
  to.transferredBytes = number(from, "transferred-bytes");
  to.totalSessions = number(from, "total-sessions");
  to.totalActiveSessions = number(from, "total-active-sessions");
  to.avgSessionDuration = ticks(from, "avg-session-duration-ns");
  to.bufferedAcks = number(from, "buffered-acks");
  to.receivedAcks = number(from, "received-acks");
  to.persistedAcks = number(from, "persisted-acks");
  to.errorAcks = number(from, "error-acks");
  to.droppedFrames = number(from, "dropped-frames");
  to.droppedFragments = number(from, "dropped-fragments");
  to.skippedFrames = number(from, "skipped-frames");
  to.storagePressures = number(from, "storage-pressures");
  to.latencyPressures = number(from, "latency-pressures");
  to.bufferPressures = number(from, "buffer-pressures");
  to.staleEvents = number(from, "stale-events");
  to.putFrameErrors = number(from, "put-frame-errors");
  to.cplApiCallLatency = ticks(from, "cpl-api-call-latency-ns");
  to.dataApiCallLatency = ticks(from, "data-api-call-latency-ns");
  to.elementaryFrameRate = real(from, "elementary-frame-rate");
  to.streamApiCallRetryCount = static_cast<uint32_t>(number(from, "stream-api-call-retry-count"));
}

void fill(const GstStructure* from, KvsClientMetrics& to) {
  to.version = kClientMetricsVersion;
  to.clientAvgApiCallRetryCount = real(from, "client-avg-api-call-retry-count");
  to.contentStoreSize = number(from, "content-store-size");
  to.contentStoreAvailableSize = number(from, "content-store-available-size");
  to.contentStoreAllocatedSize = number(from, "content-store-allocated-size");
  to.totalContentViewsSize = number(from, "total-content-views-size");
  to.totalFrameRate = number(from, "total-frame-rate");
  to.totalTransferRate = number(from, "total-transfer-rate");
  to.totalElementaryFrameRate = real(from, "total-elementary-frame-rate");
}

guint new_signal(GObjectClass* klass, const char* name, GSignalFlags flags, GType argument) {
  return g_signal_new(name, G_TYPE_FROM_CLASS(klass), flags, 0, nullptr, nullptr, nullptr,
                      G_TYPE_NONE, 1, argument);
}

}  // namespace

void install_signals(GObjectClass* klass) {
  signals[kStreamError] = new_signal(klass, "stream-error", G_SIGNAL_RUN_LAST, G_TYPE_UINT64);
  signals[kFragmentAckSignal] = new_signal(klass, "fragment-ack", G_SIGNAL_ACTION, G_TYPE_POINTER);
  signals[kStreamClientMetric] =
      new_signal(klass, "stream-client-metric", G_SIGNAL_ACTION, G_TYPE_POINTER);
}

void emit_stream_error(GstElement* element, guint64 status) {
  g_signal_emit(element, signals[kStreamError], 0, status);
}

void emit_fragment_ack(GstElement* element, const GstStructure* ack) {
  KvsFragmentAck pointer{};
  gint type = KVS_FRAGMENT_ACK_UNDEFINED;
  gst_structure_get_int(ack, "ack-type", &type);
  pointer.ackType = static_cast<KvsFragmentAckType>(type);
  pointer.timestamp = number(ack, "timestamp");
  if (const gchar* sequence = gst_structure_get_string(ack, "fragment-number")) {
    g_strlcpy(pointer.sequenceNumber, sequence, sizeof(pointer.sequenceNumber));
  }
  pointer.result = static_cast<int32_t>(number(ack, "result"));
  g_signal_emit(element, signals[kFragmentAckSignal], 0, &pointer);
}

void emit_metrics(GstElement* element, const GstStructure* metrics) {
  if (!gst_structure_has_field(metrics, "frame-pts-ns")) return;
  if (!sink_of(element).settings.flag(kGetKvsMetrics)) return;
  KvsSinkMetric pointer{};
  fill(metrics, pointer.streamMetrics);
  fill(metrics, pointer.clientMetrics);
  pointer.framePts = ticks(metrics, "frame-pts-ns");
  gboolean first = FALSE;
  gst_structure_get_boolean(metrics, "on-first-frame", &first);
  pointer.onFirstFrame = first;
  g_signal_emit(element, signals[kStreamClientMetric], 0, &pointer);
}

}  // namespace kvs
