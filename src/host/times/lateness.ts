/**
 * Frames are late by what encoders, queues and networks hold them up, which changes from frame to
 * frame, but hardly ever less than the way itself takes. So the least of some seconds is compared.
 */
const WINDOW_NS = 10_000_000_000n;

/** How late a track's frames come (arrival minus stamp), seen through its least over a window. */
export class Lateness {
  #startNs: bigint | undefined;
  #leastNs: bigint | undefined;
  #beforeNs: bigint | undefined;
  #usualNs: bigint | undefined;

  /** The least of the present window and the one before it. */
  get leastNs(): bigint | undefined {
    const now = this.#leastNs;
    const before = this.#beforeNs;
    if (before === undefined || (now !== undefined && now < before)) return now;
    return before;
  }

  /** The least of the last window that ended, against the first one of all; undefined before. */
  get deviationNs(): bigint | undefined {
    if (this.#beforeNs === undefined || this.#usualNs === undefined) return undefined;
    return this.#beforeNs - this.#usualNs;
  }

  /** The least of the last window that ended. */
  get lastWindowNs(): bigint | undefined {
    return this.#beforeNs;
  }

  /** Takes a frame's lateness. True when a window has ended with it. */
  add(latenessNs: bigint, arrivalNs: bigint): boolean {
    this.#startNs ??= arrivalNs;
    const ends = arrivalNs - this.#startNs >= WINDOW_NS && this.#leastNs !== undefined;
    if (ends) {
      this.#beforeNs = this.#leastNs;
      this.#usualNs ??= this.#leastNs;
      this.#startNs = arrivalNs;
      this.#leastNs = latenessNs;
    } else if (this.#leastNs === undefined || latenessNs < this.#leastNs) {
      this.#leastNs = latenessNs;
    }
    return ends;
  }
}
