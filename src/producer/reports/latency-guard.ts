import type { Clock } from '../../runtime/clock.ts';

/** Between two resets for latency at first, and at most (upstream's grace period is 30 s). */
const FIRST_QUIET_MS = 30_000;
const MAX_QUIET_MS = 480_000;
/** Without pressure for so long, the next one is the first again. */
const CALM_MS = 90_000;

/**
 * Decides what is latency pressure and when a new connection may help. Where the network is simply
 * too slow it does not, so the pauses between resets double.
 */
export class LatencyGuard {
  readonly #clock: Clock;
  readonly #maxNs: bigint;
  #lastPressureMs = Number.NEGATIVE_INFINITY;
  #lastResetMs = Number.NEGATIVE_INFINITY;
  #quietMs = FIRST_QUIET_MS;

  constructor(clock: Clock, maxLatencyMs: number) {
    this.#clock = clock;
    this.#maxNs = BigInt(Math.round(maxLatencyMs)) * 1_000_000n;
  }

  get isOn(): boolean {
    return this.#maxNs > 0n;
  }

  isOver(bufferedNs: bigint): boolean {
    return bufferedNs > this.#maxNs;
  }

  /** Call with each pressure: true when the connection is to be made anew now. */
  mayReset(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastPressureMs > CALM_MS) {
      this.#quietMs = FIRST_QUIET_MS;
      this.#lastResetMs = Number.NEGATIVE_INFINITY;
    }
    this.#lastPressureMs = nowMs;
    if (nowMs - this.#lastResetMs < this.#quietMs) return false;
    if (this.#lastResetMs > Number.NEGATIVE_INFINITY) {
      this.#quietMs = Math.min(2 * this.#quietMs, MAX_QUIET_MS);
    }
    this.#lastResetMs = nowMs;
    return true;
  }
}
