/** A frame's place among others: all that a selection looks at. */
type Timed = { readonly ptsNs: bigint };

/** Times are compared as the decoder's file has them. */
export function timeMsOf(ptsNs: bigint): number {
  return Math.round(Number(ptsNs) / 1e6);
}

/**
 * Chooses the first image of each interval. Intervals are counted from time 0, so that the choice
 * does not depend on where reading begins; for epoch times, every 60 000 ms means every full minute.
 */
export class ImageSelection {
  readonly #everyMs: number;
  /** The newest interval for which frames were sent, and for which an image was taken. */
  #planned = Number.NEGATIVE_INFINITY;
  #taken = Number.NEGATIVE_INFINITY;

  /** @param everyMs 0 for all images */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /**
   * Whether frames have to be decoded, because they begin an interval.
   * @returns how many images will come of them
   */
  plan(frames: readonly Timed[]): number {
    if (this.#everyMs === 0) return frames.length;
    const intervals = new Set(
      frames.map(({ ptsNs }) => this.#interval(timeMsOf(ptsNs))).filter((i) => i > this.#planned),
    );
    this.#planned = Math.max(this.#planned, ...intervals);
    return intervals.size;
  }

  /** Whether a decoded image is the first one of its interval. In the order in which they are shown. */
  take(timeMs: number): boolean {
    if (this.#everyMs === 0) return true;
    const interval = this.#interval(timeMs);
    if (interval <= this.#taken) return false;
    this.#taken = interval;
    return true;
  }

  #interval(timeMs: number): number {
    return Math.floor(timeMs / this.#everyMs);
  }
}
