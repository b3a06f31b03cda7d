import type { Clock, Random } from '../runtime/clock.ts';

/** Durations in ms. */
export type BackoffOptions = {
  /** The first wait, without jitter. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly capMs: number;
  /** So long without a retry, and the next one begins at the base again. */
  readonly resetAfterMs: number;
  /** What chance adds: up to as much again, up to `fixedJitterMs`, nothing. */
  readonly jitter: 'full' | 'fixed' | 'none';
  readonly fixedJitterMs: number;
  /**
   * A rule of one's own instead of all this: how long to wait before the n-th try (from 1) of
   * something that upstream would first wait `baseMs` for.
   */
  readonly waitMs?: ((attempt: number, baseMs: number) => number) | undefined;
};

/**
 * Upstream's, but for the jitter at the cap (see next()):
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/state/include/com/amazonaws/kinesis/video/state/Include.h#L222-L246
 */
export const DEFAULT_BACKOFF: BackoffOptions = {
  baseMs: 100,
  capMs: 10_000,
  resetAfterMs: 90_000,
  jitter: 'full',
  fixedJitterMs: 300,
};

/** A rule of one's own must not become a hot loop. */
const MIN_OWN_WAIT_MS = 50;

/** Exponential back-off with jitter; one per stream, so that streams do not slow each other. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: BackoffOptions;
  #attempt = 0;
  #lastRetryMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random, options: BackoffOptions = DEFAULT_BACKOFF) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Waits asked for since the last reset. */
  get attempt(): number {
    return this.#attempt;
  }

  /**
   * How long to wait before the next try, in ms: `base * 2^(n-1)` plus up to as much again, as
   * upstream. At the cap upstream's wait may be twice the cap; here it is between half the cap and
   * the cap, so that a service that is back is found within `capMs`.
   * @param leastBaseMs A longer first wait, for a service that answered and refused.
   * @param mostMs A lower cap, for a service that does not answer.
   */
  next(leastBaseMs = 0, mostMs = Number.POSITIVE_INFINITY): number {
    const { baseMs, resetAfterMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastRetryMs > resetAfterMs) this.#attempt = 0;
    this.#attempt += 1;
    const waitMs = this.#wait(Math.max(baseMs, leastBaseMs), mostMs);
    this.#lastRetryMs = nowMs + waitMs;
    return waitMs;
  }

  #wait(baseMs: number, mostMs: number): number {
    const { jitter, fixedJitterMs, waitMs } = this.#options;
    const capMs = Math.min(this.#options.capMs, mostMs);
    if (waitMs !== undefined) {
      const own = waitMs(this.#attempt, baseMs);
      return Number.isFinite(own) ? Math.max(own, MIN_OWN_WAIT_MS) : capMs;
    }
    const plainMs = baseMs * 2 ** Math.min(this.#attempt - 1, 30);
    if (jitter === 'full') {
      const isCapped = plainMs * 2 > capMs;
      return isCapped ? capMs * (0.5 + this.#random() / 2) : plainMs * (1 + this.#random());
    }
    const cappedMs = Math.min(plainMs, capMs);
    return jitter === 'none' ? cappedMs : cappedMs + this.#random() * fixedJitterMs;
  }

  /** The next wait is the first one again. */
  reset(): void {
    this.#attempt = 0;
  }
}
