import type {
  ClientMetrics as ProducerMetrics,
  StreamMetrics as ProducerStreamMetrics,
} from '../../producer/events/metrics.ts';

/** Values of one kvs-metrics structure by their field names (docs/3-program/bus-messages.md). */
export type StreamMetrics = {
  /** Counters, sizes and nanoseconds: whole numbers. */
  readonly counts: Readonly<Record<string, number | bigint>>;
  /** Rates and averages. */
  readonly rates: Readonly<Record<string, number>>;
};

function nsOfMs(ms: number): number {
  return Math.round(ms * 1e6);
}

/** Only of a stream that has a spool. */
function spoolCounts(spool: ProducerStreamMetrics['spool']): StreamMetrics['counts'] {
  if (spool === undefined) return {};
  const { oldestNs, timeToGoMs } = spool;
  return {
    'spool-fragments': spool.fragments,
    'spool-bytes': spool.bytes,
    'spool-duration-ns': spool.durationNs,
    ...(oldestNs === undefined ? {} : { 'spool-oldest-ns': oldestNs }),
    ...(timeToGoMs === undefined ? {} : { 'spool-time-to-go-ns': nsOfMs(timeToGoMs) }),
    'spool-spooled-fragments': spool.spooled,
    'spool-sent-fragments': spool.sent,
    'spool-dropped-fragments': spool.dropped,
    'spool-damaged': spool.damaged,
  };
}

/** A stream's and its producer's figures under the names and in the units of the bus message. */
export function structureMetrics(
  stream: ProducerStreamMetrics,
  producer: ProducerMetrics,
): StreamMetrics {
  return {
    counts: {
      frames: stream.totalFrames,
      'video-frames': stream.videoFrames,
      fragments: stream.persistedAcks,
      reconnects: stream.reconnects,
      'current-view-duration-ns': stream.currentViewDurationNs,
      'current-view-size': stream.currentViewBytes,
      'overall-view-duration-ns': stream.overallViewDurationNs,
      'overall-view-size': stream.overallViewBytes,
      'current-transfer-rate': stream.currentTransferRate,
      'uptime-ns': nsOfMs(stream.uptimeMs),
      'transferred-bytes': stream.transferredBytes,
      'total-sessions': stream.totalSessions,
      'total-active-sessions': stream.totalActiveSessions,
      'avg-session-duration-ns': nsOfMs(stream.avgSessionDurationMs),
      'buffered-acks': stream.bufferedAcks,
      'received-acks': stream.receivedAcks,
      'persisted-acks': stream.persistedAcks,
      'error-acks': stream.errorAcks,
      'dropped-frames': stream.droppedFrames,
      'dropped-fragments': stream.droppedFragments,
      'skipped-frames': stream.skippedFrames,
      'storage-pressures': stream.storagePressures,
      'latency-pressures': stream.latencyPressures,
      'buffer-pressures': stream.bufferPressures,
      'stale-events': stream.staleEvents,
      'put-frame-errors': stream.putFrameErrors,
      'cpl-api-call-latency-ns': nsOfMs(stream.cplApiCallLatencyMs),
      'data-api-call-latency-ns': nsOfMs(stream.dataApiCallLatencyMs),
      'stream-api-call-retry-count': stream.streamApiCallRetryCount,
      'content-store-size': producer.contentStoreSize,
      'content-store-available-size': producer.contentStoreAvailableSize,
      'content-store-allocated-size': producer.contentStoreAllocatedSize,
      'total-content-views-size': producer.totalContentViewsSize,
      'total-frame-rate': producer.totalFrameRate,
      'total-transfer-rate': producer.totalTransferRate,
      ...spoolCounts(stream.spool),
    },
    rates: {
      'current-frame-rate': stream.currentFrameRate,
      'elementary-frame-rate': stream.elementaryFrameRate,
      'total-elementary-frame-rate': producer.totalElementaryFrameRate,
      'client-avg-api-call-retry-count': producer.avgApiCallRetryCount,
      'latency-ms': stream.lastAckLatencyMs,
    },
  };
}
