import type { Clock } from '../../runtime/clock.ts';

/** So many a second, and at once as many as a second brings. Infinity is no limit. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #tokens: number;
  #sinceMs: number;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = perSecond;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Whether all of a second's could be taken at once. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#perSecond;
  }

  /** Takes some, if there are as many; more than a second brings when it is full. */
  take(amount = 1): boolean {
    this.#fill();
    if (this.#tokens < Math.min(amount, this.#perSecond)) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Takes some, be they there or not; returns the milliseconds until none is owed. */
  spend(amount: number): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    this.#fill();
    this.#tokens -= amount;
    return Math.max(0, Math.ceil((-this.#tokens * 1000) / this.#perSecond));
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const more = ((nowMs - this.#sinceMs) * this.#perSecond) / 1000;
    this.#sinceMs = nowMs;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + more);
  }
}
