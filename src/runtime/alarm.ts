import type { Clock, Timer } from './clock.ts';

/** An alarm that is set to a moment which is over rings so much later. */
const OVERDUE_MS = 20;

/** A timer that is set to a moment, and set anew as that changes: a call with the same costs nothing. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #atMs: number | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /**
   * Rings once, at `atMs` of the clock's monotonic time; never for undefined. What it was set to
   * before is forgotten.
   */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.cancel();
    if (atMs === undefined) return;
    this.#atMs = atMs;
    const inMs = atMs - this.#clock.monotonicMs();
    this.#timer = this.#clock.after(inMs > 0 ? inMs : OVERDUE_MS, () => {
      this.#atMs = undefined;
      this.#ring();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = undefined;
  }
}
