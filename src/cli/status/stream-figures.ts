import type { StatusRecord, StreamStatus } from '../../host/status/status-record.ts';

/** What the status shows of a stream; undefined is not known yet, or not there. */
export type StreamFigures = {
  readonly stream: string;
  readonly connection: StreamStatus['connection'];
  readonly fps: number;
  readonly bitsPerSecond: number;
  readonly bufferSeconds: number;
  /** Media in the spool; undefined without a spool. */
  readonly spoolSeconds: number | undefined;
  /** From the first frame of the fragment that was acknowledged last to its ack. */
  readonly latencyMs: number | undefined;
  readonly lastAckAgeSeconds: number | undefined;
  readonly reconnects: number;
  readonly persistedFragments: number;
  readonly droppedFrames: number;
};

/** Rates are measured over this long: a fragment or two, so that they stand still. */
const WINDOW_MS = 5_000;
type Sample = { readonly atMs: number; readonly bytes: number; readonly frames: number };

/** Makes figures of records, and rates of what has changed between them. */
export class FigureReader {
  readonly #samples = new Map<string, Sample[]>();

  /** @param nowMs milliseconds of CLOCK_MONOTONIC. */
  read(record: StatusRecord, nowMs: number): StreamFigures[] {
    return record.streams.map((stream) => this.#figuresOf(stream, nowMs));
  }

  #figuresOf(stream: StreamStatus, nowMs: number): StreamFigures {
    const { counts, rates, ackedMs } = stream;
    const spoolNs = counts['spool-duration-ns'];
    const { fps, bitsPerSecond } = this.#ratesOf(stream, nowMs);
    const latencyMs = rates['latency-ms'];
    return {
      stream: stream.name,
      connection: stream.connection,
      fps,
      bitsPerSecond,
      bufferSeconds: (counts['overall-view-duration-ns'] ?? 0) / 1e9,
      spoolSeconds: spoolNs === undefined ? undefined : spoolNs / 1e9,
      latencyMs: ackedMs === undefined ? undefined : latencyMs,
      lastAckAgeSeconds: ackedMs === undefined ? undefined : Math.max(0, nowMs - ackedMs) / 1000,
      reconnects: counts['reconnects'] ?? 0,
      persistedFragments: counts['persisted-acks'] ?? 0,
      droppedFrames: counts['dropped-frames'] ?? 0,
    };
  }

  #ratesOf(
    { name, isOpen, openedMs, counts }: StreamStatus,
    nowMs: number,
  ): Pick<StreamFigures, 'fps' | 'bitsPerSecond'> {
    const bytes = counts['transferred-bytes'] ?? 0;
    const frames = counts['video-frames'] ?? 0;
    const before = this.#samples.get(name) ?? [{ atMs: openedMs, bytes: 0, frames: 0 }];
    const samples = [...before, { atMs: nowMs, bytes, frames }];
    // The newest one outside the window is where it begins.
    while ((samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) samples.shift();
    this.#samples.set(name, samples);
    const [first] = samples;
    if (!isOpen || first === undefined || first.atMs >= nowMs) return { fps: 0, bitsPerSecond: 0 };
    const seconds = (nowMs - first.atMs) / 1000;
    return {
      fps: (frames - first.frames) / seconds,
      bitsPerSecond: ((bytes - first.bytes) * 8) / seconds,
    };
  }
}
