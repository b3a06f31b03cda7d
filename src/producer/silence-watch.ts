import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { StreamParts } from './stream-parts.ts';

/** Upstream's timer for intermittent producers looks every 5 s for a silence of 20 s. */
const SILENCE_CHECK_MS = 5_000;
const SILENCE_MS = 20_000;

/** What a watch has from its stream. */
export type SilenceWatchContext = {
  readonly clock: Clock;
  readonly log: Logger;
  /** Monotonic ms of the last frame that was stored. */
  readonly lastStoredMs: () => number;
};

/** Intermittent producers: after a silence the service need not wait for the fragment's end. */
export class SilenceWatch {
  readonly #context: SilenceWatchContext;
  readonly #parts: StreamParts;
  #timer: Timer;

  constructor(context: SilenceWatchContext, parts: StreamParts) {
    this.#context = context;
    this.#parts = parts;
    this.#timer = this.#arm();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#context.clock.after(SILENCE_CHECK_MS, () => {
      this.#look();
      this.#timer = this.#arm();
    });
  }

  #look(): void {
    const { clock, log, lastStoredMs } = this.#context;
    const { packager, path } = this.#parts;
    const silentMs = clock.monotonicMs() - lastStoredMs();
    if (!packager.hasOpenFragment || path.isBlocked || silentMs < SILENCE_MS) return;
    log.debug('no frames: the fragment is ended', { silentMs: Math.round(silentMs) });
    void path.cut('end');
  }
}
