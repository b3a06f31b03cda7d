import type { StreamReport } from '../../../live/page-reports.ts';

/** Seconds of history. */
export const HISTORY_SECONDS = 120;

/** A stream's figures of the last two minutes, one a second, oldest first. */
export type StreamHistory = {
  readonly fps: number[];
  readonly bitsPerSecond: number[];
  readonly latencyMs: number[];
};

/** Remembers the figures of live streams for their lines. */
export class RateHistory {
  readonly #streams = new Map<string, StreamHistory>();

  /** Takes a second's figures in. Streams that were never live since have no line, and no memory. */
  remember(streams: ReadonlyMap<string, StreamReport>): void {
    for (const name of this.#streams.keys()) if (!streams.has(name)) this.#streams.delete(name);
    for (const [name, { sessions, fps, bitsPerSecond, latencyMs }] of streams) {
      const known = this.#streams.get(name);
      if (known === undefined && sessions === 0) continue;
      const history = known ?? { fps: [], bitsPerSecond: [], latencyMs: [] };
      this.#streams.set(name, history);
      push(history.fps, fps);
      push(history.bitsPerSecond, bitsPerSecond);
      push(history.latencyMs, latencyMs ?? 0);
    }
  }

  of(name: string): StreamHistory | undefined {
    return this.#streams.get(name);
  }
}

function push(line: number[], value: number): void {
  line.push(value);
  if (line.length > HISTORY_SECONDS) line.shift();
}
