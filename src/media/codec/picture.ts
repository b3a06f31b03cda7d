/** What a picture's bytes say of whether decoding can begin with it. */
export type PictureEntry =
  /** IDR, or H.265's IDR and BLA: nothing behind it refers to what was before. */
  | 'closed'
  /** CRA, or a recovery point at once: pictures shown before it may refer to what was before. */
  | 'open'
  /** A recovery point: right after some more pictures (gradual intra refresh). */
  | 'gradual'
  /** As far as its first slice tells, it refers to no other picture. */
  | 'intra'
  | 'inter'
  /** The slice cannot be read. */
  | 'unknown';

/** A recovery point SEI: at once, or after some pictures. */
export type RecoveryPoint = 'open' | 'gradual';

/** How a picture hangs on those that were accepted before it. */
export type Continuity =
  /** What it refers to is there, as far as the numbers in its header can tell. */
  | 'continues'
  /** A picture that it may refer to is missing, or it is of another sequence. */
  | 'gap'
  /** Pictures are missing that the stream allows to be left out. */
  | 'skips'
  /** The bytes do not say. */
  | 'unknown';

/**
 * What the pictures of a track refer to. `entry` and the other facts are those of the picture that
 * was looked at last; check and accept are about the same one.
 */
export type References = {
  readonly entry: PictureEntry;
  /** Other pictures may refer to it. */
  readonly isReference: boolean;
  /** Only pictures like it refer to it, and a decoder passes over them: H.265's RASL. */
  readonly isSkippable: boolean;
  /** Looks at the first slice of the next picture; `recovery`: what a SEI in front of it says. */
  look(data: Uint8Array, start: number, end: number, recovery: RecoveryPoint | undefined): void;
  /** So many missing pictures make the numbers look as if none were. */
  readonly numberRange: number;
  /** Nothing changes by asking. */
  check(): Continuity;
  /** A decoder will have it: the next pictures may refer to it. */
  accept(): void;
  /** Goes on where another adapter of the same track was: its caps changed. */
  inherit(from: References): void;
};

/** Where a picture is in the order in which pictures are shown. Filled anew for each picture. */
export type PictureOrder = {
  /** Grows in the order of presentation, with most encoders by `step` from picture to picture. */
  count: number;
  step: number;
  /** Counting begins anew: all pictures before this one are shown before it. */
  restarts: boolean;
  /** Whether it is a single field, and then whether it goes with the field before it. */
  field: 'none' | 'first' | 'second';
  /** Decoding can start here, as far as the first slice shows. */
  isIntra: boolean;
  /** False when the stream says that pictures are shown in the order in which they come. */
  mayReorder: boolean;
  /** Pictures per second as the stream has it; undefined when it does not say. */
  pictureRate: number | undefined;
};
