/** A metric of a stream: where its value comes from, and in which unit. */
export type MetricRow = {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  /** Field of kvs-metrics. */
  readonly field: string;
  /** From the field's unit to the metric's. */
  readonly scale?: number;
  /** Beside `stream`. */
  readonly labels?: Readonly<Record<string, string>>;
};

const NS = 1e-9;
const MS = 1e-3;

const ACKS = 'Fragment acks, by type.';
const PRESSURES = 'Times that the buffer was nearly full or the service far behind, by kind.';
const CALLS = 'How long calls of the service take, by plane.';

/** What /metrics has of each stream (docs/2-use/monitoring.md). */
export const METRICS: readonly MetricRow[] = [
  counter('kvs_frames_total', 'Frames that came from the pipeline.', 'frames'),
  counter('kvs_sent_bytes_total', 'Bytes sent in PutMedia.', 'transferred-bytes'),
  ...(['buffered', 'received', 'persisted', 'error'] as const).map((type) =>
    counter('kvs_fragment_acks_total', ACKS, `${type}-acks`, {
      type: type === 'buffered' ? 'buffering' : type,
    }),
  ),
  counter('kvs_dropped_frames_total', 'Frames that were lost.', 'dropped-frames'),
  counter('kvs_dropped_fragments_total', 'Fragments that were lost.', 'dropped-fragments'),
  counter('kvs_skipped_frames_total', 'Frames that could not be stored.', 'skipped-frames'),
  counter('kvs_put_frame_errors_total', 'Frames that were refused.', 'put-frame-errors'),
  counter('kvs_reconnects_total', 'Reconnects after a lost connection.', 'reconnects'),
  counter('kvs_sessions_total', 'PutMedia sessions that the service accepted.', 'total-sessions'),
  counter('kvs_retries_total', 'Calls that were tried again.', 'stream-api-call-retry-count'),
  counter('kvs_stale_total', 'Times that no ack came for too long.', 'stale-events'),
  ...(['storage', 'buffer', 'latency'] as const).map((kind) =>
    counter('kvs_pressure_total', PRESSURES, `${kind}-pressures`, { kind }),
  ),
  gauge('kvs_sent_bytes_per_second', 'Rate of sending, smoothed.', 'current-transfer-rate'),
  gauge('kvs_ack_latency_seconds', 'From a fragment’s first frame to its ack.', 'latency-ms', MS),
  gauge('kvs_buffer_seconds', 'Media not acknowledged yet.', 'overall-view-duration-ns', NS),
  gauge('kvs_buffer_bytes', 'Media not acknowledged yet.', 'overall-view-size'),
  gauge('kvs_unsent_seconds', 'Media not sent yet.', 'current-view-duration-ns', NS),
  gauge('kvs_unsent_bytes', 'Media not sent yet.', 'current-view-size'),
  gauge('kvs_store_size_bytes', 'Size of the content store.', 'content-store-size'),
  gauge('kvs_store_free_bytes', 'Free in the content store.', 'content-store-available-size'),
  gauge('kvs_active_sessions', 'PutMedia sessions that are open.', 'total-active-sessions'),
  gauge('kvs_uptime_seconds', 'Since the stream was opened.', 'uptime-ns', NS),
  gauge('kvs_call_seconds', CALLS, 'cpl-api-call-latency-ns', NS, { plane: 'control' }),
  gauge('kvs_call_seconds', CALLS, 'data-api-call-latency-ns', NS, { plane: 'data' }),
  gauge('kvs_spool_fragments', 'Fragments in the spool.', 'spool-fragments'),
  gauge('kvs_spool_bytes', 'Bytes in the spool.', 'spool-bytes'),
  gauge('kvs_spool_seconds', 'Media in the spool.', 'spool-duration-ns', NS),
  gauge('kvs_spool_time_to_go_seconds', 'Until the spool is sent.', 'spool-time-to-go-ns', NS),
  counter('kvs_spool_sent_total', 'Fragments sent from the spool.', 'spool-sent-fragments'),
  counter('kvs_spool_dropped_total', 'Fragments the full spool lost.', 'spool-dropped-fragments'),
  counter('kvs_spool_damaged_total', 'Places that could not be read.', 'spool-damaged'),
];

function counter(
  name: string,
  help: string,
  field: string,
  labels?: Readonly<Record<string, string>>,
): MetricRow {
  return { name, help, kind: 'counter', field, ...(labels === undefined ? {} : { labels }) };
}

function gauge(
  name: string,
  help: string,
  field: string,
  scale = 1,
  labels?: Readonly<Record<string, string>>,
): MetricRow {
  return { name, help, kind: 'gauge', field, scale, ...(labels === undefined ? {} : { labels }) };
}
