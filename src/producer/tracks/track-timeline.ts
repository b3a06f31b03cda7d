import type { TimestampCounters } from '../events/metrics.ts';
import type { Frame } from '../info/frame.ts';

/** A DTS that goes back by no more is jitter; by more, the source's timeline began anew. */
const MAX_BACKWARD_NS = 1_000_000_000n;
/** With a PTS only: how far B-frames may reach back before it is a new timeline. */
const MAX_REORDER_NS = 2_000_000_000n;
/** A step forward beyond this is counted as a jump. */
const MAX_FORWARD_NS = 10_000_000_000n;
/** GST_CLOCK_TIME_NONE and everything else that Matroska cannot hold counts as "unknown". */
const MAX_TIME_NS = 0x7fff_ffff_ffff_ffffn;
/** A frame is not longer than this, whatever lies between it and the next. */
const MAX_INTERVAL_NS = 2_000_000_000n;

/** A frame's times as they are packaged. */
export type FrameTimes = {
  ptsNs: bigint;
  dtsNs: bigint;
  /** As given, or the track's usual distance between frames. */
  durationNs: bigint;
  /** Counts the timelines of the track: raised when the source's times went back for good. */
  epoch: number;
};

/** What a track's timeline has to know. */
export type TimelineOptions = {
  /** True for video: PTS may go back while DTS does not, and a new timeline waits for a key frame. */
  readonly reorders: boolean;
  /** One unit of the timecode scale: the smallest step that Matroska can hold. */
  readonly unitNs: bigint;
  /** Distance between frames until it is known. */
  readonly defaultIntervalNs: bigint;
  /** False: times are those of the clock (frame-timecodes=false). */
  readonly useFrameTimes: boolean;
  /** Wall clock, epoch ns. */
  readonly nowNs: () => bigint;
};

/**
 * One track's times, repaired: missing ones are derived, repeated ones moved apart, small steps
 * back are held, large ones begin a new timeline (at a key frame; until then the frames keep
 * following the old one). What the source says is never changed without being counted.
 */
export class TrackTimeline {
  readonly counters: TimestampCounters = { missing: 0, repeated: 0, backward: 0, forwardJumps: 0 };
  readonly #options: TimelineOptions;
  readonly #times: FrameTimes = { ptsNs: 0n, dtsNs: 0n, durationNs: 0n, epoch: 0 };
  #lastPtsNs: bigint | undefined;
  #lastDtsNs: bigint | undefined;
  /** Of all pictures of this timeline; of those before its last key frame. */
  #highestPtsNs: bigint | undefined;
  #beforeKeyFrameNs: bigint | undefined;
  /** Of the timeline before this one. */
  #storedUntilNs: bigint | undefined;
  /** The last PTS as the source had it. */
  #givenPtsNs: bigint | undefined;
  #intervalNs: bigint;
  /** Pictures were shown later than they were decoded: a PTS that goes back is a B-frame's. */
  #hasReordered = false;
  /** Added to the source's times until the next key frame, where they went back. */
  #offsetNs = 0n;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#intervalNs = options.defaultIntervalNs;
  }

  get lastDtsNs(): bigint | undefined {
    return this.#lastDtsNs;
  }

  get epoch(): number {
    return this.#times.epoch;
  }

  /** What follows has nothing to do with what was before. @param epoch that it begins */
  restart(epoch: number = this.#times.epoch + 1): void {
    this.#storedUntilNs = this.#highestPtsNs ?? this.#storedUntilNs;
    this.#lastPtsNs = undefined;
    this.#lastDtsNs = undefined;
    this.#forgetPictures();
    this.#givenPtsNs = undefined;
    this.#offsetNs = 0n;
    this.#times.epoch = epoch;
  }

  /**
   * The times of the track's next frame; the object is used again by the next call.
   * @param othersNs where the stream's other tracks are, for a first frame without times
   */
  repair(frame: Frame, isKeyFrame: boolean, othersNs: bigint | undefined): FrameTimes {
    const times = this.#times;
    if (this.#options.useFrameTimes) this.#take(frame, isKeyFrame, othersNs);
    else this.#stamp();
    const last = this.#lastDtsNs;
    if (last !== undefined) {
      const step = times.dtsNs - last;
      if (step > 0n && step <= MAX_INTERVAL_NS) this.#intervalNs = step;
      else if (step > MAX_FORWARD_NS) this.counters.forwardJumps += 1;
    }
    times.durationNs = frame.durationNs > 0n ? frame.durationNs : this.#intervalNs;
    this.#lastPtsNs = times.ptsNs;
    this.#lastDtsNs = times.dtsNs;
    const highest = this.#highestPtsNs;
    if (isKeyFrame) this.#beforeKeyFrameNs = highest;
    if (highest === undefined || times.ptsNs > highest) this.#highestPtsNs = times.ptsNs;
    return times;
  }

  #stamp(): void {
    const last = this.#lastDtsNs;
    let now = this.#options.nowNs();
    if (last !== undefined && now <= last) now = last + this.#options.unitNs;
    this.#times.ptsNs = now;
    this.#times.dtsNs = now;
  }

  #take(frame: Frame, isKeyFrame: boolean, othersNs: bigint | undefined): void {
    const times = this.#times;
    const { ptsNs, dtsNs } = frame;
    // Further off than this is no time of a frame.
    const pts =
      ptsNs !== undefined && ptsNs <= MAX_TIME_NS && ptsNs >= -MAX_TIME_NS ? ptsNs : undefined;
    const dts =
      dtsNs !== undefined && dtsNs <= MAX_TIME_NS && dtsNs >= -MAX_TIME_NS ? dtsNs : undefined;
    if (pts === undefined && dts === undefined) {
      this.counters.missing += 1;
      const last = this.#lastDtsNs;
      times.dtsNs =
        last === undefined ? (othersNs ?? this.#options.nowNs()) : last + this.#intervalNs;
      const lastPts = this.#lastPtsNs;
      times.ptsNs =
        lastPts !== undefined && lastPts >= times.dtsNs ? lastPts + this.#intervalNs : times.dtsNs;
      return;
    }
    if (isKeyFrame) this.#offsetNs = 0n;
    times.ptsNs = (pts ?? (dts as bigint)) + this.#offsetNs;
    times.dtsNs = (dts ?? (pts as bigint)) + this.#offsetNs;
    const givenPts = pts ?? (dts as bigint);
    this.#hasReordered ||= pts !== undefined && dts !== undefined && pts > dts;
    this.#keepOrder(givenPts, dts !== undefined, isKeyFrame || !this.#options.reorders);
    this.#givenPtsNs = givenPts;
  }

  #keepOrder(givenPtsNs: bigint, hasDts: boolean, mayRestart: boolean): void {
    const times = this.#times;
    const last = this.#lastDtsNs;
    if (last === undefined) {
      this.#followStored();
      return;
    }
    const backNs = last - times.dtsNs;
    if (backNs > (hasDts ? MAX_BACKWARD_NS : MAX_REORDER_NS)) {
      this.counters.backward += 1;
      if (mayRestart) {
        times.epoch += 1;
        this.#forgetPictures();
        return;
      }
      this.#move(backNs + this.#intervalNs);
    } else {
      // B-frames without a DTS look like this; everything else is jitter of the source.
      if (backNs > 0n && hasDts) this.counters.backward += 1;
      const floor = this.#floor(mayRestart, hasDts && backNs > 0n && !this.#hasReordered);
      const { unitNs } = this.#options;
      // Two fragments do not begin at the same timecode.
      if (floor !== undefined && times.ptsNs < (mayRestart ? floor + unitNs : floor)) {
        if (times.ptsNs < floor && (backNs <= 0n || !hasDts)) this.counters.backward += 1;
        this.#move(floor + unitNs - times.ptsNs);
        if (times.dtsNs < last) times.dtsNs = last;
        return;
      }
      if (backNs > 0n) times.dtsNs = last;
    }
    const lastPts = this.#lastPtsNs;
    if (lastPts === undefined) return;
    if (givenPtsNs === this.#givenPtsNs) {
      this.counters.repeated += 1;
      times.ptsNs = lastPts + this.#options.unitNs;
      if (times.dtsNs < times.ptsNs && !hasDts) times.dtsNs = times.ptsNs;
    } else if (!this.#options.reorders && times.ptsNs < lastPts) {
      if (!hasDts) this.counters.backward += 1;
      times.ptsNs = lastPts + this.#options.unitNs;
      times.dtsNs = times.ptsNs;
    }
  }

  /** Pictures that were stored last are shown later than they were decoded: a new timeline is not
   * known to begin behind them. One that begins far before them is media that is stored again. */
  #followStored(): void {
    if (this.#storedUntilNs === undefined) return;
    const overlapNs = this.#storedUntilNs - this.#times.ptsNs;
    if (overlapNs > -this.#options.unitNs && overlapNs <= MAX_REORDER_NS) {
      this.#move(overlapNs + this.#options.unitNs);
    }
  }

  /**
   * No picture comes before this: a key frame not before any earlier one, or its fragment would lie
   * in the one before; those that need it not before what came in front of it, leading pictures
   * included; and where the DTS of pictures that are shown as they come went back, none before what
   * was decoded last.
   */
  #floor(isKeyFrame: boolean, wentBack: boolean): bigint | undefined {
    if (!this.#options.reorders) return undefined;
    if (isKeyFrame) return this.#highestPtsNs;
    return wentBack ? this.#lastDtsNs : this.#beforeKeyFrameNs;
  }

  #forgetPictures(): void {
    this.#highestPtsNs = undefined;
    this.#beforeKeyFrameNs = undefined;
  }

  /** This frame and those up to the next key frame are later by this much. */
  #move(offsetNs: bigint): void {
    this.#offsetNs += offsetNs;
    this.#times.ptsNs += offsetNs;
    this.#times.dtsNs += offsetNs;
  }
}
