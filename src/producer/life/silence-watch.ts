import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { LOOK_AGAIN_MS } from '../../runtime/look-again.ts';
import type { FramePipeline } from './frame-pipeline.ts';

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
  readonly #pipeline: FramePipeline;
  #timer: Timer;

  constructor(context: SilenceWatchContext, pipeline: FramePipeline) {
    this.#context = context;
    this.#pipeline = pipeline;
    this.#timer = this.#arm();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const { clock } = this.#context;
    return clock.after(SILENCE_CHECK_MS, () => {
      if (!this.#isSilent) {
        this.#timer = this.#arm();
        return;
      }
      this.#timer = clock.after(LOOK_AGAIN_MS, () => {
        if (this.#isSilent) this.#endFragment();
        this.#timer = this.#arm();
      });
    });
  }

  get #silentMs(): number {
    return this.#context.clock.monotonicMs() - this.#context.lastStoredMs();
  }

  get #isSilent(): boolean {
    const { packager, path } = this.#pipeline;
    return packager.hasOpenFragment && !path.isBlocked && this.#silentMs >= SILENCE_MS;
  }

  #endFragment(): void {
    this.#context.log.debug('no frames: the fragment is ended', {
      silentMs: Math.round(this.#silentMs),
    });
    void this.#pipeline.path.cut('end');
  }
}
