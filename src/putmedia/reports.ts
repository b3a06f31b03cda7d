import type { KvsError } from '../errors/kvs-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { StoredFragment } from '../storage/types.ts';
import type { ConnectionState, UploaderEvents } from './types.ts';

/** Of lines that say the same, at most one in this time is logged, with the number left out. */
const REPEAT_MS = 1000;

/** What the application hears, and the log with it. The application hears everything. */
export class Reports {
  readonly #events: UploaderEvents;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #logged = new Map<string, { atMs: number; leftOut: number }>();
  #isIdle = false;

  constructor(events: UploaderEvents, clock: Clock, log: Logger) {
    this.#events = events;
    this.#clock = clock;
    this.#log = log;
  }

  /** Something went wrong and is being dealt with. */
  problem(error: KvsError, fragment: StoredFragment | undefined): void {
    this.#warn(error, fragment);
    this.#events.error(error, { fatal: false, fragment });
  }

  /** The end: nothing more is tried. */
  fatal(error: KvsError, fragment: StoredFragment | undefined): void {
    this.#log.error(error.describe(), { fragment: fragment?.index });
    this.#events.error(error, { fatal: true, fragment });
    this.#events.connection({ kind: 'failed', reason: error });
  }

  connection(state: ConnectionState): void {
    if (state.kind === 'idle' && this.#isIdle) {
      return;
    }
    this.#isIdle = state.kind === 'idle';
    this.#events.connection(state);
  }

  #warn(error: KvsError, fragment: StoredFragment | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#logged.get(error.code);
    if (last !== undefined && nowMs - last.atMs < REPEAT_MS) {
      last.leftOut += 1;
      return;
    }
    this.#logged.set(error.code, { atMs: nowMs, leftOut: 0 });
    const repeated = last !== undefined && last.leftOut > 0 ? { repeated: last.leftOut } : {};
    this.#log.warn(error.describe(), { fragment: fragment?.index, ...repeated });
  }
}
