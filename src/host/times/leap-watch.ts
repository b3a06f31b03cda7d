/** Pictures are reordered by no more; a time further back is no B-frame's. */
const MAX_REORDER_NS = 2_000_000_000n;
/** A key frame, or sound, is not before anything that came earlier but for the jitter of a clock. */
const MAX_JITTER_NS = 500_000_000n;
/** Nothing arrives before it was made; steady clocks come no nearer to the contrary than this. */
const MAX_AHEAD_NS = 3_000_000_000n;
/** Then it is a leap if the source steps by so much more than has passed, and else a burst. */
const MIN_AHEAD_STEP_NS = 1_000_000_000n;
/** A network or a queue that is full may hold back so much for long; beyond, a clock stands. */
const MAX_BEHIND_NS = 5_000_000_000n;
/** A track that joins is that late at most; the core takes ten seconds for another clock too. */
const MAX_JOINS_BEHIND_NS = 10_000_000_000n;
/**
 * Frames of a clock that stood still stay as late as they are. From one such period to the next, those
 * that were held back catch up by at least a twentieth of it, and those of an encoder too slow for its
 * source fall behind by as much. The least late frame of a period counts: jitter only adds to it.
 */
const BEHIND_PERIOD_NS = 1_500_000_000n;
const CHANGED_PART = 20n;
/** A source that does not say it is live keeps within this of the clock for so long, if it is. */
const PACED_WITHIN_NS = 5_000_000_000n;
const PACED_AFTER_NS = 3_000_000_000n;
/** Without arrivals: a hole in a recording is shorter, or as long as the step before it. */
const MAX_HOLE_NS = 30_000_000_000n;
const HOLE_STEPS = 4n;

/** What is known of a frame's time before it is placed. */
export type SourceFrame = {
  readonly track: number;
  /** Running time. */
  readonly timeNs: bigint;
  /** It was derived: it says nothing about the source's clock. */
  readonly isDerived: boolean;
  readonly arrivalNs: bigint;
  /** A fragment can begin with it. */
  readonly isKeyFrame: boolean;
  /** Later frames may have earlier times (video). */
  readonly reorders: boolean;
};

/** A leap, and what it was judged by: that says where the track goes on. */
export type Leap = {
  readonly kind: 'forward' | 'backward' | 'behind';
  readonly by: 'arrival' | 'media';
};

/** How the stream's times are to be judged. */
export type Judgement = { readonly isRealtime: boolean; readonly isLive: boolean };

/**
 * Tells a leap of a track's times from what looks like one: pictures out of order, a gap (arrival
 * and times both moved), frames that were held back and come in a burst (times go on, arrivals are
 * late), a file that runs as fast as it can.
 */
export class LeapWatch {
  /** The track's last time; undefined before the first. */
  lastNs: bigint | undefined;
  /** Arrivals tell something about the source's clock. */
  isJudged = false;
  #lastArrivalNs = 0n;
  #lastStepNs = 0n;
  #highestNs: bigint | undefined;
  #isLive = false;
  /** Since when the frames have come at the pace of the clock. */
  #pacedSinceNs: bigint | undefined;
  #isPaced = false;
  /** While frames are late: the period before, if there was one, and the one that goes on. */
  #behind: { sinceNs: bigint; leastNs: bigint; beforeNs: bigint | undefined } | undefined;

  /**
   * Undefined when the frame goes on as before.
   * @param latenessNs the stamp clock at its arrival, minus the stamp it would have
   */
  look(frame: SourceFrame, latenessNs: bigint, judgement: Judgement): Leap | undefined {
    const { isRealtime } = judgement;
    this.#isLive = isRealtime && judgement.isLive;
    const { lastNs } = this;
    const highestNs = this.#highestNs ?? frame.timeNs;
    const goesOn =
      lastNs !== undefined &&
      frame.timeNs - lastNs <= MAX_HOLE_NS &&
      highestNs - frame.timeNs <= MAX_JITTER_NS;
    const isNearClock = latenessNs >= -MAX_AHEAD_NS && latenessNs <= MAX_BEHIND_NS;
    // By no measure is such a frame a leap.
    if (goesOn && (isNearClock || !isRealtime)) {
      this.#behind = undefined;
    } else {
      const by = isRealtime && (this.#isLive || this.#isPaced) ? 'arrival' : 'media';
      const leap = this.#leap(frame, latenessNs, by);
      if (leap !== undefined) return leap;
    }
    if (isRealtime) this.#pace(frame.arrivalNs, latenessNs);
    this.isJudged = this.#isLive || this.#isPaced;
    return undefined;
  }

  /** The frame was placed. */
  saw({ timeNs, arrivalNs }: SourceFrame): void {
    const { lastNs } = this;
    if (lastNs !== undefined && timeNs > lastNs) this.#lastStepNs = timeNs - lastNs;
    this.lastNs = timeNs;
    this.#lastArrivalNs = arrivalNs;
    if (this.#highestNs === undefined || timeNs > this.#highestNs) this.#highestNs = timeNs;
  }

  /** The timeline is another one: nothing before it counts as its past. */
  leapt(): void {
    this.#highestNs = undefined;
    this.#behind = undefined;
  }

  #leap(frame: SourceFrame, latenessNs: bigint, by: Leap['by']): Leap | undefined {
    const { lastNs } = this;
    if (lastNs === undefined) return this.#atFirst(latenessNs);
    const stepNs = frame.timeNs - lastNs;
    if (!frame.isDerived) {
      if (this.#goesBack(frame, by)) return { kind: 'backward', by };
      if (this.#goesAhead(frame, stepNs, latenessNs, by)) return { kind: 'forward', by };
    }
    if (this.#isLive && this.#staysBehind(frame, latenessNs)) return { kind: 'behind', by };
    return undefined;
  }

  #atFirst(latenessNs: bigint): Leap | undefined {
    if (!this.#isLive) return undefined;
    if (latenessNs < -MAX_AHEAD_NS) return { kind: 'forward', by: 'arrival' };
    return latenessNs > MAX_JOINS_BEHIND_NS ? { kind: 'behind', by: 'arrival' } : undefined;
  }

  #goesBack({ timeNs, isKeyFrame, reorders }: SourceFrame, by: Leap['by']): boolean {
    const highestNs = this.#highestNs;
    if (highestNs === undefined) return false;
    const isOrdered = by === 'arrival' && (isKeyFrame || !reorders);
    return highestNs - timeNs > (isOrdered ? MAX_JITTER_NS : MAX_REORDER_NS);
  }

  #goesAhead(
    { arrivalNs }: SourceFrame,
    stepNs: bigint,
    latenessNs: bigint,
    by: Leap['by'],
  ): boolean {
    const aheadNs = stepNs - (arrivalNs - this.#lastArrivalNs);
    if (by === 'arrival') return aheadNs >= MIN_AHEAD_STEP_NS && latenessNs < -MAX_AHEAD_NS;
    return stepNs > MAX_HOLE_NS && stepNs > this.#lastStepNs * HOLE_STEPS;
  }

  /**
   * Frames are late, and as late as before: their clock stood still. Told at a frame that a fragment
   * can begin with, since there will be a hole.
   */
  #staysBehind({ arrivalNs, isKeyFrame, reorders }: SourceFrame, latenessNs: bigint): boolean {
    if (latenessNs <= MAX_BEHIND_NS) {
      this.#behind = undefined;
      return false;
    }
    this.#behind ??= { sinceNs: arrivalNs, leastNs: latenessNs, beforeNs: undefined };
    const behind = this.#behind;
    if (latenessNs < behind.leastNs) behind.leastNs = latenessNs;
    if (arrivalNs - behind.sinceNs < BEHIND_PERIOD_NS) return false;
    if (behind.beforeNs !== undefined) {
      const changeNs = behind.leastNs - behind.beforeNs;
      const size = changeNs < 0n ? -changeNs : changeNs;
      if (size <= BEHIND_PERIOD_NS / CHANGED_PART) return isKeyFrame || !reorders;
    }
    this.#behind = { sinceNs: arrivalNs, leastNs: latenessNs, beforeNs: behind.leastNs };
    return false;
  }

  #pace(arrivalNs: bigint, latenessNs: bigint): void {
    if (latenessNs > PACED_WITHIN_NS || latenessNs < -PACED_WITHIN_NS) {
      this.#pacedSinceNs = undefined;
      this.#isPaced = false;
      return;
    }
    this.#pacedSinceNs ??= arrivalNs;
    this.#isPaced = arrivalNs - this.#pacedSinceNs >= PACED_AFTER_NS;
  }
}
