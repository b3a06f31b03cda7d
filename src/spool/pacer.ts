import type { Clock, Timer } from '../runtime/clock.ts';

/**
 * KVS takes five fragments a second of a stream
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html); the live ones have one or two of them.
 */
export const FRAGMENTS_PER_SECOND = 4;
/** What may go at once: a quarter of a second's worth, and a fragment. */
const BURST_SECONDS = 0.25;
const MIN_BURST_BYTES = 16 * 1024;

/** Keeps what is sent from the spool within a bandwidth and a number of fragments per second. */
export class Pacer {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  readonly #fragmentsPerSecond: number;
  readonly #burstBytes: number;
  readonly #onReady: () => void;
  #bytes: number;
  #fragments = 1;
  #filledMs: number;
  #timer: Timer | undefined;

  /**
   * @param limits.bitsPerSecond 0: no limit but the fragments'
   * @param onReady called when something may be sent again after a refusal
   */
  constructor(
    clock: Clock,
    limits: { readonly bitsPerSecond: number; readonly fragmentsPerSecond: number },
    onReady: () => void,
  ) {
    const { bitsPerSecond } = limits;
    this.#clock = clock;
    this.#fragmentsPerSecond = limits.fragmentsPerSecond;
    this.#bytesPerMs = bitsPerSecond === 0 ? Number.POSITIVE_INFINITY : bitsPerSecond / 8000;
    this.#burstBytes = Math.max(MIN_BURST_BYTES, this.#bytesPerMs * 1000 * BURST_SECONDS);
    this.#bytes = this.#burstBytes;
    this.#onReady = onReady;
    this.#filledMs = clock.monotonicMs();
  }

  /** Whether another fragment may begin now. */
  mayBegin(): boolean {
    this.#fill();
    if (this.#fragments >= 1) {
      this.#fragments -= 1;
      return true;
    }
    this.#wake(((1 - this.#fragments) * 1000) / this.#fragmentsPerSecond);
    return false;
  }

  /** How many of these bytes may go now; they are taken as sent. */
  take(wanted: number): number {
    if (this.#bytesPerMs === Number.POSITIVE_INFINITY) return wanted;
    this.#fill();
    const granted = Math.min(wanted, Math.floor(this.#bytes));
    const least = Math.min(wanted, MIN_BURST_BYTES);
    if (granted < least) {
      this.#wake((least - this.#bytes) / this.#bytesPerMs);
      return 0;
    }
    this.#bytes -= granted;
    return granted;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#filledMs;
    this.#filledMs = nowMs;
    this.#fragments = Math.min(1, this.#fragments + (sinceMs * this.#fragmentsPerSecond) / 1000);
    this.#bytes = Math.min(this.#burstBytes, this.#bytes + sinceMs * this.#bytesPerMs);
  }

  #wake(afterMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(afterMs)), () => {
      this.#timer = undefined;
      this.#onReady();
    });
  }
}
