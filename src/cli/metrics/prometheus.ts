import { Counter, Gauge, Registry } from 'prom-client';
import { judgeHealth } from '../../host/health/health-record.ts';
import { healthOf, type StatusSource, type StreamStatus } from '../../host/status/status-record.ts';
import { METRICS, type MetricRow } from './metric-table.ts';

/** From then on a pause is longer than batches and the status of a second ago explain. */
const SILENCE_MS = 2500;

/** Metrics that no field of kvs-metrics has as it is; undefined: no sample. */
const MOMENTS: readonly {
  readonly name: string;
  readonly help: string;
  value(stream: StreamStatus, nowMs: number): number | undefined;
}[] = [
  {
    name: 'kvs_frames_per_second',
    help: 'Frame rate of the video; 0 where none comes.',
    value: frameRate,
  },
  {
    name: 'kvs_connected',
    help: '1 while a PutMedia session is open.',
    value: ({ connection }) => (connection === 'streaming' ? 1 : 0),
  },
  {
    name: 'kvs_last_frame_age_seconds',
    help: 'Since the last frame came from the pipeline.',
    value: ({ frameMs, isOpen }, nowMs) => (isOpen ? (nowMs - frameMs) / 1000 : undefined),
  },
  {
    name: 'kvs_last_ack_age_seconds',
    help: 'Since the last received or persisted ack; absent before the first.',
    value: ({ ackedMs }, nowMs) => (ackedMs === undefined ? undefined : (nowMs - ackedMs) / 1000),
  },
];

/**
 * The registry of /metrics, whose values are the source's at the moment of the scrape.
 * @param nowMs milliseconds of CLOCK_MONOTONIC.
 */
export function prometheusRegistry(
  source: StatusSource,
  limitMs: number,
  nowMs: () => number,
): Registry {
  const registry = new Registry();
  for (const [name, rows] of rowsByName()) addMetric(registry, source, name, rows);
  for (const { name, help, value } of MOMENTS) {
    new Gauge({
      name,
      help,
      labelNames: ['stream'],
      registers: [registry],
      collect() {
        this.reset();
        for (const stream of source.read().streams) {
          const now = value(stream, nowMs());
          if (now !== undefined) this.set({ stream: stream.name }, now);
        }
      },
    });
  }
  new Gauge({
    name: 'kvs_healthy',
    help: '1 while everything that should be acknowledged is: the verdict of kvs-launch health.',
    registers: [registry],
    collect() {
      const { healthy } = judgeHealth(healthOf(source.read()), nowMs(), limitMs);
      this.set(healthy || limitMs === 0 ? 1 : 0);
    },
  });
  return registry;
}

/** current-frame-rate is of the frames that came: no word of it that none comes any more, or yet. */
function frameRate(
  { isOpen, frameMs, counts, rates }: StreamStatus,
  nowMs: number,
): number | undefined {
  if (!isOpen) return undefined;
  if (!counts['frames']) return 0;
  const rate = rates['current-frame-rate'] ?? 0;
  const ageMs = nowMs - frameMs;
  return ageMs < SILENCE_MS ? rate : Math.min(rate, 1000 / ageMs);
}

function addMetric(
  registry: Registry,
  source: StatusSource,
  name: string,
  rows: readonly MetricRow[],
): void {
  const [{ help, kind } = { help: '', kind: 'gauge' }] = rows;
  const labelNames = [
    'stream',
    ...new Set(rows.flatMap(({ labels }) => Object.keys(labels ?? {}))),
  ];
  const settings = { name, help, labelNames, registers: [registry] };
  if (kind === 'counter') {
    new Counter({
      ...settings,
      collect() {
        this.reset();
        for (const { labels, value } of samples(source, rows)) this.inc(labels, value);
      },
    });
    return;
  }
  new Gauge({
    ...settings,
    collect() {
      this.reset();
      for (const { labels, value } of samples(source, rows)) this.set(labels, value);
    },
  });
}

function samples(source: StatusSource, rows: readonly MetricRow[]) {
  return source.read().streams.flatMap(({ name, isOpen, counts, rates }) =>
    rows.flatMap(({ kind, field, scale = 1, labels }) => {
      // A gauge is of now.
      const value = kind === 'gauge' && !isOpen ? undefined : (counts[field] ?? rates[field]);
      return value === undefined
        ? []
        : [{ labels: { stream: name, ...labels }, value: value * scale }];
    }),
  );
}

function rowsByName(): Map<string, MetricRow[]> {
  const byName = new Map<string, MetricRow[]>();
  for (const row of METRICS) byName.set(row.name, [...(byName.get(row.name) ?? []), row]);
  return byName;
}
