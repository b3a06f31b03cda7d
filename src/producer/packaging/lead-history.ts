import type { PendingFrame } from '../tracks/track.ts';

/** A frame is not longer than this, whatever lies between it and the next. */
const MAX_FRAME_NS = 2_000_000_000n;

/** What the leading track has shown so far. */
export class LeadHistory {
  /** PTS of its newest frame. */
  ptsNs = 0n;
  /** Its presentation times were seen going back: it has B-frames. */
  reorders = false;
  /** Shortest distance between two frames: the durations of reordered frames are often guesses. */
  shortestNs = MAX_FRAME_NS;
  #endNs: bigint | undefined;
  #epoch = 0;

  saw(frame: PendingFrame, ptsNs: bigint): void {
    const before = frame.epoch === this.#epoch ? this.#endNs : undefined;
    if (before !== undefined) {
      const stepNs = ptsNs - this.ptsNs;
      if (stepNs < 0n) this.reorders = true;
      const distanceNs = stepNs < 0n ? -stepNs : stepNs;
      if (distanceNs > 0n && distanceNs < this.shortestNs) this.shortestNs = distanceNs;
    }
    let lengthNs = frame.durationNs;
    if (lengthNs > this.shortestNs) lengthNs = this.shortestNs;
    const endNs = ptsNs + lengthNs;
    if (before === undefined || endNs > before) this.#endNs = endNs;
    this.#epoch = frame.epoch;
    this.ptsNs = ptsNs;
  }

  /** End of the frame that is shown last; undefined when nothing of that timeline came yet. */
  endOf(epoch: number): bigint | undefined {
    return epoch === this.#epoch ? this.#endNs : undefined;
  }
}
