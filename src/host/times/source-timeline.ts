import { Drift } from './drift.ts';
import { Lateness } from './lateness.ts';
import { type Leap, LeapWatch, type SourceFrame } from './leap-watch.ts';
import type { LeapTreatment, TimeLeap } from './time-events.ts';

/** Two times are of one timeline when no further apart: arrivals are only so exact. */
const SAME_TIMELINE_NS = 1_000_000_000n;
/** The same where no arrivals tell: tracks of a file are cut at their own frames. */
const SAME_MEDIA_NS = 10_000_000_000n;
/** By so much a track's first time of a timeline may lie before its last: the core sets it right. */
const MAX_OVERLAP_NS = 500_000_000n;
/** A leap goes on as late as frames usually are, but no later than this. */
const MAX_KEPT_LATENESS_NS = 2_000_000_000n;
const MIN_STEP_NS = 1_000_000n;
/** Timelines that are remembered: a source that alternates finds its own again. */
const REMEMBERED = 4;

/** Counters that wrap: 32 and 33 bits of 90 kHz (RTP, MPEG-TS), 32 bits of milliseconds (RTMP). */
const WRAPS_NS: readonly bigint[] = [
  (2n ** 32n * 100_000n) / 9n,
  (2n ** 33n * 100_000n) / 9n,
  2n ** 32n * 1_000_000n,
];

type SourceTrack = {
  /** From the source's times to the stamp clock's. */
  offsetNs: bigint;
  /** Latest stamp, the end of the frame not counted. */
  latestNs: bigint;
  readonly watch: LeapWatch;
  readonly lateness: Lateness;
  /** A leap came at a frame that no fragment can begin with. */
  owesBreak: boolean;
};

/** What a timeline has from its element. */
export type TimelineOptions = {
  /** Arrivals tell: the streaming type is not offline. */
  readonly isRealtime: boolean;
  /** End of what an earlier timeline of the element has stored: nothing of this one goes before it. */
  readonly storedUntilNs: bigint | undefined;
  readonly onLeap: (leap: TimeLeap) => void;
};

/** A frame's place. */
export type Place = {
  /** To be added to the source's times. */
  readonly offsetNs: bigint;
  /** A fragment is to begin here: the source's timeline did. */
  readonly beginsTimeline: boolean;
};

/**
 * Lays the source's times onto the stamp clock, which is that of the frames' arrival: one offset
 * for all tracks, until a source's times leap. What comes then goes on where it arrives (live), or
 * behind what was stored (not live), in all tracks that leap the same way by the same offset, so
 * that they stay in step. A drift of the source's clock is followed by less than ears and eyes
 * notice.
 */
export class SourceTimeline {
  /** Undefined until the source or the element says. */
  isLive: boolean | undefined;
  readonly #options: TimelineOptions;
  readonly #tracks = new Map<number, SourceTrack>();
  readonly #drift = new Drift();
  /** From the source's times to stamps, as the newest timeline of any track has it. */
  offsetNs: bigint;
  /** Offsets that held, newest last. */
  #offsets: bigint[];
  #latestNs: bigint | undefined;

  /** @param offsetNs of the first frame */
  constructor(options: TimelineOptions, offsetNs: bigint) {
    this.#options = options;
    this.offsetNs = offsetNs;
    this.#offsets = [offsetNs];
  }

  /** The same for one track. */
  offsetOf(track: number): bigint {
    const known = this.#tracks.get(track);
    return known === undefined ? this.offsetNs : known.offsetNs + this.#drift.totalNs;
  }

  /**
   * Places the next frame of its track.
   * @param clockNs the stamp clock at the frame's arrival
   */
  place(frame: SourceFrame, clockNs: bigint): Place {
    const known = this.#tracks.get(frame.track);
    const track = known ?? this.#join(frame.track);
    const { watch } = track;
    const latenessNs = clockNs - frame.timeNs - track.offsetNs - this.#drift.totalNs;
    const { isRealtime } = this.#options;
    const leap = watch.look(frame, latenessNs, { isRealtime, isLive: this.isLive === true });
    if (leap !== undefined) this.#leap(track, frame, clockNs, leap);
    else if (isRealtime && watch.isJudged) this.#follow(track, frame, latenessNs);
    watch.saw(frame);
    this.offsetNs = (this.#offsets.at(-1) as bigint) + this.#drift.totalNs;
    const offsetNs = track.offsetNs + this.#drift.totalNs;
    const stampNs = frame.timeNs + offsetNs;
    if (known === undefined || stampNs > track.latestNs) track.latestNs = stampNs;
    if (this.#latestNs === undefined || stampNs > this.#latestNs) this.#latestNs = stampNs;
    const beginsTimeline = track.owesBreak && frame.isKeyFrame;
    if (beginsTimeline) track.owesBreak = false;
    return { offsetNs, beginsTimeline };
  }

  #join(id: number): SourceTrack {
    const track: SourceTrack = {
      offsetNs: this.#offsets.at(-1) as bigint,
      latestNs: 0n,
      watch: new LeapWatch(),
      lateness: new Lateness(),
      owesBreak: false,
    };
    this.#tracks.set(id, track);
    return track;
  }

  #leap(track: SourceTrack, frame: SourceFrame, clockNs: bigint, leap: Leap): void {
    const isFirst = track.watch.lastNs === undefined;
    const beforeNs = track.watch.lastNs ?? clockNs - track.offsetNs - this.#drift.totalNs;
    let treatment: LeapTreatment = 'kept';
    if (leap.by === 'arrival') {
      const wantedNs = this.#byArrival(track, clockNs, isFirst) - this.#drift.totalNs;
      treatment = this.#goOn(track, frame.timeNs, wantedNs, SAME_TIMELINE_NS) ? 'wrap' : 'arrival';
    } else if (leap.kind === 'backward') {
      const wantedNs = (this.#latestNs ?? clockNs) - this.#drift.totalNs;
      treatment = this.#goOn(track, frame.timeNs, wantedNs + MIN_STEP_NS, SAME_MEDIA_NS)
        ? 'wrap'
        : 'behind-stored';
    }
    track.owesBreak = treatment !== 'wrap';
    track.watch.leapt();
    this.#options.onLeap({ track: frame.track, beforeNs, afterNs: frame.timeNs, treatment });
  }

  /** As late as the track's frames usually are; nothing goes back. */
  #byArrival({ lateness, latestNs }: SourceTrack, clockNs: bigint, isFirst: boolean): bigint {
    const wantedNs = clockNs - clamp(lateness.leastNs ?? 0n, MAX_KEPT_LATENESS_NS);
    const { storedUntilNs = wantedNs } = this.#options;
    if (isFirst && wantedNs < storedUntilNs) return storedUntilNs;
    return isFirst || wantedNs > latestNs ? wantedNs : latestNs + MIN_STEP_NS;
  }

  /**
   * The track's times go on at `wantedNs` or, where a timeline is known that comes to within
   * `toleranceNs` of that, in it. True when that is the old one, with the counter gone round.
   */
  #goOn(track: SourceTrack, timeNs: bigint, wantedNs: bigint, toleranceNs: bigint): boolean {
    const fits = (offsetNs: bigint): boolean => {
      const stampNs = timeNs + offsetNs;
      const errorNs = stampNs - wantedNs;
      const overlapNs = track.latestNs - this.#drift.totalNs - stampNs;
      return errorNs <= toleranceNs && errorNs >= -toleranceNs && overlapNs <= MAX_OVERLAP_NS;
    };
    const wrapped = WRAPS_NS.flatMap((wrapNs) => [
      track.offsetNs + wrapNs,
      track.offsetNs - wrapNs,
    ]).find(fits);
    const known = this.#offsets.findLast(fits);
    track.offsetNs = wrapped ?? known ?? wantedNs - timeNs;
    this.#offsets = this.#offsets.filter((offsetNs) => offsetNs !== track.offsetNs);
    this.#offsets.push(track.offsetNs);
    if (this.#offsets.length > REMEMBERED) this.#offsets.shift();
    return wrapped !== undefined;
  }

  /** Follows what the source's clock drifts, told by how late frames come. */
  #follow(track: SourceTrack, { timeNs, arrivalNs }: SourceFrame, latenessNs: bigint): void {
    if (track.lateness.add(latenessNs, arrivalNs)) {
      const all = [...this.#tracks.values()].map(({ lateness }) => lateness);
      this.#drift.measure(all, this.isLive === true);
    }
    const latestNs = this.#latestNs;
    if (latestNs === undefined) return;
    if (this.#drift.isFollowed) {
      this.#drift.advance(timeNs + track.offsetNs + this.#drift.totalNs - latestNs);
    }
  }
}

function clamp(ns: bigint, limitNs: bigint): bigint {
  if (ns > limitNs) return limitNs;
  return ns < -limitNs ? -limitNs : ns;
}
