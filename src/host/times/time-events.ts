/** What was done about a source whose times leapt. */
export type LeapTreatment =
  /** Live: the times go on at the moment of arrival. */
  | 'arrival'
  /** Live: a counter came to its end and began anew; nothing is missing. */
  | 'wrap'
  /** Not live, forward: media time is stored as it is, with the gap. */
  | 'kept'
  /** Not live, backward: goes on behind what was stored. */
  | 'behind-stored';

/** A source's times leapt; `before` and `after` are running times, as the source has them. */
export type TimeLeap = {
  readonly track: number;
  readonly beforeNs: bigint;
  readonly afterNs: bigint;
  readonly treatment: LeapTreatment;
};

/** How frames get times that have none of their own. */
export type TimeSource = 'arrival' | 'frame-rate';

/** A track's frames have no timestamps, or the same time again and again. */
export type UntimedFrames = {
  readonly track: number;
  readonly cause: 'missing' | 'repeated';
  readonly by: TimeSource;
  /** Distance of frames with `frame-rate`. */
  readonly intervalNs: bigint;
  /** True when the interval is no more than a guess: neither the caps nor the frames have one. */
  readonly isAssumed: boolean;
};

/** Hears of what was done to times; called when it begins, not per frame. */
export type TimeEvents = {
  leapt(leap: TimeLeap): void;
  untimed(frames: UntimedFrames): void;
  /** A frame of such a track got its time. */
  derived(track: number): void;
};
