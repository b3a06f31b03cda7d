import type { Clock } from '../../runtime/clock.ts';
import type { DroppedFrames } from '../events/events.ts';

/** A run of losses that continues is reported at this pace. */
const REPORT_MS = 1_000;

/** Makes one event of frames that are lost one after the other, or one a second while it lasts. */
export class LossReport {
  /** Frames were lost and not reported: the next one that is stored may be the end of it. */
  hasUntold = false;
  readonly #clock: Clock;
  readonly #report: (drop: DroppedFrames) => void;
  readonly #storedNs: (ptsNs: bigint) => bigint;
  #frames = 0;
  #ptsNs: bigint | undefined;
  #reason = '';
  #trackId = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param storedNs the time that a frame is stored with, when its loss is reported */
  constructor(
    clock: Clock,
    report: (drop: DroppedFrames) => void,
    storedNs: (ptsNs: bigint) => bigint,
  ) {
    this.#clock = clock;
    this.#report = report;
    this.#storedNs = storedNs;
  }

  add(ptsNs: bigint | undefined, reason: string, trackId = 0): void {
    if (this.#frames > 0 && (reason !== this.#reason || trackId !== this.#trackId)) this.end();
    if (this.#frames === 0) {
      this.#trackId = trackId;
      this.#ptsNs = ptsNs;
      this.#reason = reason;
    }
    this.#frames += 1;
    this.hasUntold = true;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < REPORT_MS) return;
    this.#lastMs = nowMs;
    this.end();
  }

  /** A frame of this track was stored: what was lost of it is over. */
  over(trackId: number): void {
    if (this.#frames > 0 && (this.#trackId === trackId || this.#trackId === 0)) this.end();
  }

  /** Reports what was not reported yet. */
  end(): void {
    if (this.#frames === 0) return;
    const ptsNs = this.#ptsNs === undefined ? undefined : this.#storedNs(this.#ptsNs);
    const drop = { frames: this.#frames, ptsNs, reason: this.#reason };
    this.#frames = 0;
    this.hasUntold = false;
    this.#report(drop);
  }
}
