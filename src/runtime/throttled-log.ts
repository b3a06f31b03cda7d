import type { Clock, Timer } from './clock.ts';
import type { LogFields, Logger } from './logger.ts';

/** Between two log lines of the same kind. */
const QUIET_MS = 1_000;

/** The last of a kind that was not written yet, and how many there were. */
type Held = { message: string; fields: LogFields; times: number };
type Kind = { toldMs: number; held: Held | undefined; timer: Timer };

/**
 * Things that may happen with every frame, acknowledgement or try, and must not be logged each
 * time: each kind is logged at once the first time, then at most once a second, as the last of
 * them and how many more there were.
 */
export class ThrottledLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * @param kind What counts as the same; the message may differ each time.
   * @returns True at most once a second per kind, for callers that tell others at that pace.
   */
  warn(kind: string, message: string, fields: LogFields = {}): boolean {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      this.#log.warn(message, fields);
      this.#kinds.set(kind, { toldMs: nowMs, held: undefined, timer: this.#arm(kind) });
      return true;
    }
    known.held = { message, fields, times: (known.held?.times ?? 0) + 1 };
    if (nowMs - known.toldMs < QUIET_MS) return false;
    known.toldMs = nowMs;
    return true;
  }

  /** Writes what is held back and leaves no timer behind; call when there will be no more. */
  flush(): void {
    for (const kind of this.#kinds.values()) {
      kind.timer.cancel();
      this.#write(kind);
    }
    this.#kinds.clear();
  }

  #arm(name: string): Timer {
    return this.#clock.after(QUIET_MS, () => this.#look(name));
  }

  /** A second after a line: writes what came since, or forgets the kind. */
  #look(name: string): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    if (this.#write(kind)) kind.timer = this.#arm(name);
    else this.#kinds.delete(name);
  }

  #write(kind: Kind): boolean {
    const { held } = kind;
    if (held === undefined) return false;
    kind.held = undefined;
    const { message, fields, times } = held;
    this.#log.warn(`${message} … ${times} more in the last second`, { ...fields, times });
    return true;
  }
}
