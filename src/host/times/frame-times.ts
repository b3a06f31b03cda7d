/** A time that is derived is at least so much later than the one before. */
const MIN_STEP_NS = 1_000_000n;
/** So much media without times is looked at before a source is taken for one that is paced. */
const JUDGED_MEDIA_NS = 1_000_000_000n;
/** A source so many times faster than its frame rate is a file; no camera's rate is so far off. */
const FILE_SPEED = 4n;
/** Durations are believed as long as their sum is no further from the arrivals. */
const MAX_DURATION_ERROR_NS = 300_000_000n;
/** A time that comes twice is a picture in two buffers; more often it is a clock that stands. */
const ALLOWED_REPEATS = 1;
/** One buffer without a time is looked over; from the next on it is the source's way. */
const ALLOWED_MISSING = 1;

/** One frame's time as the source gave it. */
export type GivenTime = {
  readonly timeNs: bigint | undefined;
  /** 0 when unknown. */
  readonly durationNs: bigint;
  readonly arrivalNs: bigint;
};

/** What decides how a missing time is made. */
export type TimingFacts = {
  /** offline: by the frame rate, whatever the arrivals are. */
  readonly isOffline: boolean;
  /** What the source says of itself; undefined: nothing was heard. */
  readonly isLive: boolean | undefined;
  /** Distance between frames by the caps, or by the `framerate` property. */
  readonly intervalNs: bigint;
};

/** Told with the frame from which on times are derived. */
export type Finding = {
  readonly cause: 'missing' | 'repeated';
  readonly by: 'arrival' | 'frame-rate';
};

/** The frame before the one that is looked at. */
type LastFrame = {
  readonly timeNs: bigint;
  readonly durationNs: bigint;
  readonly arrivalNs: bigint;
};

type Pace = 'unknown' | 'arrival' | 'frame-rate';

/**
 * A track's times, with those that are missing or repeated derived: by the frames' arrival where
 * the source delivers at the pace of a clock, else by the frame rate. A source that does not say
 * that it is live shows within a second which of the two it is.
 */
export class FrameTimesOfTrack {
  /** The last frame had no time of its own. */
  isDerived = false;
  /** What the track's frames lack, once that is more than an exception; for good. */
  finding: Finding | undefined;
  #given: bigint | undefined;
  #last: LastFrame | undefined;
  /** The frame before the first of those without a time of their own. */
  #run: { timeNs: bigint; arrivalNs: bigint; frames: number } | undefined;
  #pace: Pace = 'unknown';

  /**
   * Takes the next frame's time as it is given. False when it has none, or the same as the frame
   * before: then it is to be derived.
   */
  take({ timeNs, durationNs, arrivalNs }: GivenTime): boolean {
    if (timeNs === undefined || timeNs === this.#given) return false;
    this.isDerived = false;
    this.#given = timeNs;
    this.#run = undefined;
    this.#last = { timeNs, durationNs, arrivalNs };
    return true;
  }

  /**
   * The time of a frame that was not taken, in the source's running time.
   * @param firstNs for a first frame
   */
  derive(given: GivenTime, facts: TimingFacts, firstNs: bigint): bigint {
    this.isDerived = true;
    const cause = given.timeNs === undefined ? 'missing' : 'repeated';
    const last = this.#last;
    const timeNs = last === undefined ? firstNs : this.#timeAfter(last, given, facts, cause);
    this.#last = { timeNs, durationNs: given.durationNs, arrivalNs: given.arrivalNs };
    return timeNs;
  }

  #timeAfter(
    last: LastFrame,
    given: GivenTime,
    facts: TimingFacts,
    cause: Finding['cause'],
  ): bigint {
    this.#run ??= { timeNs: last.timeNs, arrivalNs: last.arrivalNs, frames: 0 };
    const run = this.#run;
    run.frames += 1;
    const pace = this.#paceOf(facts, run, last);
    const allowed = cause === 'missing' ? ALLOWED_MISSING : ALLOWED_REPEATS;
    if (run.frames > allowed && pace !== 'unknown') this.finding ??= { cause, by: pace };
    const byArrivalNs = run.timeNs + given.arrivalNs - run.arrivalNs;
    let result: bigint;
    if (cause === 'repeated' && run.frames === 1) {
      // Perhaps a field, or the other half of a picture: the next time must not be behind it.
      const halfNs = run.timeNs + facts.intervalNs / 2n;
      result = pace === 'arrival' && byArrivalNs < halfNs ? byArrivalNs : halfNs;
    } else if (pace === 'arrival') {
      result = byDuration(last, byArrivalNs, cause) ?? byArrivalNs;
    } else {
      const stepNs = last.durationNs > 0n ? last.durationNs : facts.intervalNs;
      result = last.timeNs + stepNs;
      if (pace === 'unknown' && byArrivalNs > result) result = byArrivalNs;
    }
    const leastNs = last.timeNs + MIN_STEP_NS;
    return result < leastNs ? leastNs : result;
  }

  #paceOf(
    { isOffline, isLive }: TimingFacts,
    run: { timeNs: bigint; arrivalNs: bigint },
    last: LastFrame,
  ): Pace {
    if (isOffline) return 'frame-rate';
    if (isLive === true) return 'arrival';
    if (this.#pace !== 'unknown') return this.#pace;
    const mediaNs = last.timeNs - run.timeNs;
    if (mediaNs < JUDGED_MEDIA_NS) return 'unknown';
    const passedNs = last.arrivalNs - run.arrivalNs;
    this.#pace = mediaNs > passedNs * FILE_SPEED ? 'frame-rate' : 'arrival';
    // Times that ran ahead of the arrivals meanwhile stay ahead: none goes back.
    run.timeNs = last.timeNs;
    run.arrivalNs = last.arrivalNs;
    return this.#pace;
  }
}

/** Behind the frame before it, as long as the durations are those of the arrivals. */
function byDuration(
  last: LastFrame,
  byArrivalNs: bigint,
  cause: Finding['cause'],
): bigint | undefined {
  if (cause === 'repeated' || last.durationNs <= 0n) return undefined;
  const result = last.timeNs + last.durationNs;
  const error = result - byArrivalNs;
  return error < MAX_DURATION_ERROR_NS && error > -MAX_DURATION_ERROR_NS ? result : undefined;
}
