/** Steps that are looked back on. */
const STEPS = 9;
/** Of fewer, one that is not usual would pass for it. */
const MIN_STEPS = 2;
/** A step of more than this many usual ones is a hole. */
const HOLE = 2.5;

/** The distance between a track's frames in decoding order, for telling a hole from the usual. */
export class FrameDistance {
  readonly #stepsNs = new Float64Array(STEPS);
  #count = 0;
  #lastNs: bigint | undefined;
  #stepNs = 0;

  /** The next frame's DTS. */
  add(dtsNs: bigint): void {
    const stepNs = this.#lastNs === undefined ? 0 : Number(dtsNs - this.#lastNs);
    if (this.#stepNs > 0) {
      this.#stepsNs[this.#count % STEPS] = this.#stepNs;
      this.#count += 1;
    }
    this.#stepNs = stepNs;
    this.#lastNs = dtsNs;
  }

  /** What fits between the last frame and the one before it, in frames; 1 where nothing is missing. */
  get stepInFrames(): number {
    const count = Math.min(this.#count, STEPS);
    if (count < MIN_STEPS) return 1;
    const usualNs = this.#stepsNs.slice(0, count).sort()[count >> 1] ?? 0;
    return usualNs > 0 ? this.#stepNs / usualNs : 1;
  }

  /** Frames are missing in front of the last one, as far as time tells. */
  get isHole(): boolean {
    return this.stepInFrames > HOLE;
  }
}
