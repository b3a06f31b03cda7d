import { Counter, Gauge, Registry } from 'prom-client';
import type { Meters } from '../live/meters.ts';
import type { StreamReport } from '../live/page-reports.ts';

/** A metric of a stream; undefined: no sample. */
type Row = {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  value(report: StreamReport): number | undefined;
};

/** What /metrics has of each stream (docs/4-local-service/operation.md). */
const ROWS: readonly Row[] = [
  counter('kvs_local_received_frames_total', 'Frames of the video track.', 'framesReceived'),
  counter('kvs_local_persisted_fragments_total', 'Persisted fragments.', 'fragmentsPersisted'),
  gauge('kvs_local_sessions', 'Open PutMedia sessions.', 'sessions'),
  gauge('kvs_local_frames_per_second', 'Frame rate of the video track.', 'fps'),
  gauge('kvs_local_received_bits_per_second', 'Rate of the media.', 'bitsPerSecond'),
  gauge('kvs_local_stored_fragments', 'Fragments that are kept.', 'fragmentsStored'),
  gauge('kvs_local_stored_bytes', 'Media that is kept.', 'bytesStored'),
  {
    name: 'kvs_local_latency_seconds',
    help: 'From a live frame’s own time to its arrival.',
    kind: 'gauge',
    value: ({ latencyMs }) => (latencyMs === undefined ? undefined : latencyMs / 1000),
  },
  {
    name: 'kvs_local_retention_seconds',
    help: 'How long the stream is retained.',
    kind: 'gauge',
    value: ({ retentionHours }) => retentionHours * 3600,
  },
];

/** The registry of the service's /metrics: values of the moment of the scrape. */
export function serviceRegistry(meters: Meters): Registry {
  const registry = new Registry();
  for (const row of ROWS) addRow(registry, meters, row);
  new Gauge({
    name: 'kvs_local_streams',
    help: 'Streams that there are.',
    registers: [registry],
    collect() {
      this.set(meters.report().length);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the service.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return registry;
}

function addRow(registry: Registry, meters: Meters, { name, help, kind, value }: Row): void {
  const settings = { name, help, labelNames: ['stream'], registers: [registry] };
  const samples = (): { stream: string; sample: number }[] =>
    meters.report().flatMap((report) => {
      const sample = value(report);
      return sample === undefined ? [] : [{ stream: report.name, sample }];
    });
  if (kind === 'counter') {
    new Counter({
      ...settings,
      collect() {
        this.reset();
        for (const { stream, sample } of samples()) this.inc({ stream }, sample);
      },
    });
    return;
  }
  new Gauge({
    ...settings,
    collect() {
      this.reset();
      for (const { stream, sample } of samples()) this.set({ stream }, sample);
    },
  });
}

type NumericField = {
  [Key in keyof StreamReport]: StreamReport[Key] extends number ? Key : never;
}[keyof StreamReport];

function counter(name: string, help: string, field: NumericField): Row {
  return { name, help, kind: 'counter', value: (report) => report[field] };
}

function gauge(name: string, help: string, field: NumericField): Row {
  return { name, help, kind: 'gauge', value: (report) => report[field] };
}
