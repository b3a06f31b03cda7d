import type { Clock } from '../runtime/clock.ts';
import type { LogFields, Logger } from '../runtime/logger.ts';

/** Between two log lines of the same kind. */
const QUIET_MS = 1_000;

type Notice = { lastMs: number; unsaid: number; message: string; fields: LogFields };

/**
 * Things that may happen with every frame and must not be logged with every frame: each kind is
 * logged at once the first time, then at most once a second with the number of times in between.
 */
export class Notices {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #kinds = new Map<string, Notice>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** True when the line was written, so that a caller can tell others at the same pace. */
  warn(kind: string, message: string, fields: LogFields = {}): boolean {
    const nowMs = this.#clock.monotonicMs();
    const notice = this.#kinds.get(kind);
    if (notice !== undefined && nowMs - notice.lastMs < QUIET_MS) {
      notice.unsaid += 1;
      notice.message = message;
      notice.fields = fields;
      return false;
    }
    const times = (notice?.unsaid ?? 0) + 1;
    this.#log.warn(message, times > 1 ? { ...fields, times } : fields);
    this.#kinds.set(kind, { lastMs: nowMs, unsaid: 0, message, fields });
    return true;
  }

  /** Writes what was held back; call when the stream ends. */
  flush(): void {
    for (const notice of this.#kinds.values()) {
      if (notice.unsaid > 0)
        this.#log.warn(notice.message, { ...notice.fields, times: notice.unsaid });
      notice.unsaid = 0;
    }
  }
}
