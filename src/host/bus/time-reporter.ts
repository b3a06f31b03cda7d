import type { Clock } from '../../runtime/clock.ts';
import type { TimeEvents, TimeLeap, UntimedFrames } from '../times/time-events.ts';
import { CORE_CLOCK } from './bus-messages.ts';
import type { BusReporter } from './bus-reporter.ts';
import { leapStructure, leapWarning, untimedStructure, untimedWarning } from './time-messages.ts';

/** Between two messages about leaps: a source that alternates must not flood the bus. */
const QUIET_MS = 1_000;

type Untimed = { readonly first: UntimedFrames; frames: number };

/**
 * Tells the application what was done to times: a WARNING when it begins, an ELEMENT message that
 * programs can count with, and what was not reported yet at the end.
 */
export class TimeReporter implements TimeEvents {
  readonly #clock: Clock;
  readonly #stream: string;
  readonly #reporter: () => BusReporter | undefined;
  readonly #untimed = new Map<number, Untimed>();
  #leaps = 0;
  #leapToldMs = Number.NEGATIVE_INFINITY;
  #heldLeap: TimeLeap | undefined;

  /** @param reporter of the stream that is open */
  constructor(clock: Clock, stream: string, reporter: () => BusReporter | undefined) {
    this.#clock = clock;
    this.#stream = stream;
    this.#reporter = reporter;
  }

  leapt(leap: TimeLeap): void {
    this.#leaps += 1;
    const nowMs = this.#clock.monotonicMs();
    this.#reporter()?.warning(CORE_CLOCK, leapWarning(leap));
    if (nowMs - this.#leapToldMs < QUIET_MS) {
      this.#heldLeap = leap;
      return;
    }
    this.#leapToldMs = nowMs;
    this.#tellLeap(leap);
  }

  untimed(frames: UntimedFrames): void {
    this.#untimed.set(frames.track, { first: frames, frames: 0 });
    this.#reporter()?.warning(CORE_CLOCK, untimedWarning(frames));
    this.#reporter()?.element(untimedStructure(this.#stream, frames, 1));
  }

  derived(track: number): void {
    const untimed = this.#untimed.get(track);
    if (untimed !== undefined) untimed.frames += 1;
  }

  /** The stream ends: the totals. */
  end(): void {
    if (this.#heldLeap !== undefined) this.#tellLeap(this.#heldLeap);
    for (const { first, frames } of this.#untimed.values()) {
      this.#reporter()?.element(untimedStructure(this.#stream, first, frames));
    }
    this.#untimed.clear();
  }

  #tellLeap(leap: TimeLeap): void {
    this.#heldLeap = undefined;
    this.#reporter()?.element(leapStructure(this.#stream, leap, this.#leaps));
  }
}
