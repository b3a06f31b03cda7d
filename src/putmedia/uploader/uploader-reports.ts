import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ThrottledLog } from '../../runtime/throttled-log.ts';
import type { StoredFragment } from '../../storage/stored-fragment.ts';
import type { ConnectionState, UploaderEvents } from '../uploader-api.ts';

/** What the application hears, and the log with it. The application hears everything. */
export class UploaderReports {
  readonly #events: UploaderEvents;
  readonly #log: Logger;
  readonly #throttled: ThrottledLog;
  #isIdle = false;
  #unsolved: KvsError | undefined;

  constructor(events: UploaderEvents, clock: Clock, log: Logger) {
    this.#events = events;
    this.#log = log;
    this.#throttled = new ThrottledLog(clock, log);
  }

  /** The last problem, as long as nothing was acknowledged since. */
  get unsolved(): KvsError | undefined {
    return this.#unsolved;
  }

  /** The service has acknowledged something. */
  solved(): void {
    this.#unsolved = undefined;
  }

  /**
   * Something went wrong and is being dealt with.
   * @param session The session it happened in, if it was in one.
   */
  problem(error: KvsError, fragment: StoredFragment | undefined, session?: number): void {
    const about = { ...(session === undefined ? {} : { session }), fragment: fragment?.index };
    this.#unsolved = error;
    this.#throttled.warn(error.code, error.describe(), about);
    this.#events.error(error, { fatal: false, fragment });
  }

  /** The end: nothing more is tried. */
  fatal(error: KvsError, fragment: StoredFragment | undefined): void {
    this.#throttled.flush();
    this.#log.error(error.describe(), { fragment: fragment?.index });
    this.#events.error(error, { fatal: true, fragment });
    this.#events.connection({ kind: 'failed', reason: error });
  }

  connection(state: ConnectionState): void {
    if (state.kind === 'idle' && this.#isIdle) return;
    this.#isIdle = state.kind === 'idle';
    if (state.kind === 'closed') this.#throttled.flush();
    this.#events.connection(state);
  }
}
