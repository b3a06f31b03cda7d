import type { Clock } from '../../runtime/clock.ts';

/** Between two requests for the same track: an encoder needs a moment to obey. */
const QUIET_MS = 1_000;

/** Asks the sources for key frames, at most once a second and track. */
export class KeyFrameRequests {
  readonly #clock: Clock;
  readonly #ask: (trackId: number) => void;
  readonly #askedMs = new Map<number, number>();

  constructor(clock: Clock, ask: (trackId: number) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** May be called with every frame. */
  want(trackId: number): void {
    const nowMs = this.#clock.monotonicMs();
    const askedMs = this.#askedMs.get(trackId);
    if (askedMs !== undefined && nowMs - askedMs < QUIET_MS) return;
    this.#askedMs.set(trackId, nowMs);
    this.#ask(trackId);
  }
}
