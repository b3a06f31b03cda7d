import { randomUUID } from 'node:crypto';
import type { ConnectionState } from '../../putmedia/uploader-api.ts';
import { machineMonotonicMs } from '../health/health-record.ts';
import type { StreamMetrics } from '../stream/stream-metrics.ts';
import type { OpenStream, StreamPort } from '../stream/stream-port.ts';
import { watchEvents } from '../stream/watch-events.ts';
import { CounterTotals } from './counter-totals.ts';
import type { StatusRecord, StatusSource, StreamStatus } from './status-record.ts';

/** Figures are not read more often, however many ask. */
const READ_INTERVAL_MS = 900;

/** Whose figures are read: those of the open stream, or what it had at its end. */
type Figures =
  | { readonly kind: 'open'; readonly port: StreamPort }
  | { readonly kind: 'closed'; readonly metrics: StreamMetrics };

type Watched = {
  readonly name: string;
  readonly opening: number;
  readonly openedMs: number;
  figures: Figures;
  connection: ConnectionState['kind'];
  frames: number;
  frameMs: number;
  ackedMs: number | undefined;
};

/**
 * Knows the streams of this process and their figures. Costs nothing per frame: the figures are
 * read from the streams when somebody asks.
 */
export class StatusWatch implements StatusSource {
  readonly #nowMs: () => number;
  readonly #source = randomUUID();
  readonly #streams = new Map<string, Watched>();
  readonly #totals = new CounterTotals();
  readonly #closeListeners: (() => void)[] = [];
  #openings = 0;
  #newest: { readonly atMs: number; readonly record: StatusRecord } | undefined;

  constructor(nowMs: () => number = machineMonotonicMs) {
    this.#nowMs = nowMs;
  }

  /** A function that opens streams as `openStream` does, and watches them. */
  observe(openStream: OpenStream): OpenStream {
    return (settings, plan, events, log) => {
      const { streamName, streamArn } = settings.stream;
      const name = streamName ?? streamArn ?? plan.element;
      const now = this.#nowMs();
      let watched: Watched | undefined;
      let connection: ConnectionState['kind'] = 'connecting';
      const port = openStream(
        settings,
        plan,
        watchEvents(events, {
          acknowledged: () => {
            if (watched !== undefined) watched.ackedMs = this.#nowMs();
          },
          connection: ({ kind }) => {
            connection = kind;
            if (watched !== undefined) watched.connection = kind;
          },
        }),
        log,
      );
      this.#settle(name);
      this.#openings += 1;
      const opened: Watched = {
        name,
        opening: this.#openings,
        openedMs: now,
        figures: { kind: 'open', port },
        connection,
        frames: 0,
        frameMs: now,
        ackedMs: this.#streams.get(name)?.ackedMs,
      };
      watched = opened;
      this.#streams.set(name, opened);
      this.#newest = undefined;
      return { ...port, close: () => this.#close(opened, port) };
    };
  }

  read(): StatusRecord {
    const now = this.#nowMs();
    if (this.#newest === undefined || now - this.#newest.atMs >= READ_INTERVAL_MS) {
      const streams = [...this.#streams.values()].map((watched) => this.#statusOf(watched));
      this.#newest = { atMs: now, record: { source: this.#source, streams } };
    }
    return this.#newest.record;
  }

  /** Calls back whenever a stream has closed: its last figures can be read. */
  onClosed(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  #close(watched: Watched, port: StreamPort): Promise<void> {
    if (watched.figures.kind === 'open') {
      watched.figures = { kind: 'closed', metrics: port.metrics() };
      watched.connection = 'closed';
      this.#newest = undefined;
      for (const listener of this.#closeListeners) listener();
    }
    return port.close();
  }

  /** Counts what the stream that had this name until now has come to. */
  #settle(name: string): void {
    const before = this.#streams.get(name);
    if (before !== undefined) this.#statusOf(before);
  }

  #statusOf(watched: Watched): StreamStatus {
    const { name, figures, connection, openedMs, ackedMs } = watched;
    const { counts, rates } = figures.kind === 'open' ? figures.port.metrics() : figures.metrics;
    const numbers = Object.fromEntries(
      Object.entries(counts).map(([field, value]) => [field, Number(value)]),
    );
    const frames = numbers['frames'] ?? 0;
    if (frames !== watched.frames) watched.frameMs = this.#nowMs();
    watched.frames = frames;
    return {
      name,
      isOpen: figures.kind === 'open',
      connection,
      openedMs,
      frameMs: watched.frameMs,
      ...(ackedMs === undefined ? {} : { ackedMs }),
      counts: this.#totals.add(name, watched.opening, numbers),
      rates,
    };
  }
}
