import { MAX_RELATIVE_TIMECODE, MIN_RELATIVE_TIMECODE } from '../../matroska/blocks.ts';

/** Shortest fragment that KVS takes (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html). */
export const MIN_FRAGMENT_NS = 1_000_000_000n;
/** Longest fragment that KVS takes. */
export const MAX_FRAGMENT_NS = 10_000_000_000n;
/** Largest fragment that KVS takes is 50 MB; some of it is left for the end of fragment tag. */
export const MAX_FRAGMENT_BYTES = 50_000_000 - 64 * 1024;
/** A track that does not lead ends a fragment only this much later: the leading one goes first. */
const FOLLOWER_GRACE_NS = 200_000_000n;

/** Why a fragment begins where it does. */
export type BeginReason =
  | 'key-frame'
  | 'duration'
  | 'new-track'
  | 'format'
  | 'timeline'
  | 'split-duration'
  | 'split-size'
  | 'split-range';

/** Why one does not begin where the source would have it. */
export type JoinReason = 'too-short' | 'too-frequent' | 'missing-track';

/** Whether a fragment begins, why, or why it does not although one could. */
export type Verdict =
  | { readonly begin: true; readonly reason: BeginReason }
  | { readonly begin: false; readonly joined?: JoinReason };

/** What is known of a frame and the fragment that it would go into. */
export type Candidate = {
  /** Of the track that decides: the first video track, or the first of all without video. */
  readonly isLead: boolean;
  readonly isVideo: boolean;
  readonly isKeyFrame: boolean;
  /** The source says that the frame does not follow the one before. */
  readonly isDiscontinuity: boolean;
  /** Five fragments have started within the last second. */
  readonly isTooFrequent: boolean;
  /** The frame is of a later timeline than the fragment. */
  readonly isNewTimeline: boolean;
  /** A track's format is no longer what the session's header says; asked where one may begin. */
  readonly hasNewFormat: boolean;
  /** PTS since the fragment's first frame. */
  readonly elapsedNs: bigint;
  readonly durationNs: bigint;
  /** Timecode relative to the cluster's. */
  readonly relative: bigint;
  /** Bytes of the fragment with this frame. */
  readonly byteLength: number;
  /** A track that delivers has no frame in the fragment yet; asked where one may begin. */
  readonly isTrackMissing: boolean;
};

/** What the stream's settings say of fragments. */
export type BoundaryRules = {
  /** A fragment begins at each key frame; otherwise at the first one after fragmentDurationNs. */
  readonly keyFrameFragmentation: boolean;
  readonly fragmentDurationNs: bigint;
  readonly maxFragmentBytes: number;
};

const CONTINUE: Verdict = { begin: false };
const TOO_SHORT: Verdict = { begin: false, joined: 'too-short' };
const TOO_FREQUENT: Verdict = { begin: false, joined: 'too-frequent' };
const MISSING_TRACK: Verdict = { begin: false, joined: 'missing-track' };

function begin(reason: BeginReason): Verdict {
  return { begin: true, reason };
}

const VERDICTS: Readonly<Record<BeginReason, Verdict>> = {
  'key-frame': begin('key-frame'),
  duration: begin('duration'),
  'new-track': begin('new-track'),
  format: begin('format'),
  timeline: begin('timeline'),
  'split-duration': begin('split-duration'),
  'split-size': begin('split-size'),
  'split-range': begin('split-range'),
};

/** Whether a fragment begins with this frame; pure. */
export function decideBoundary(frame: Candidate, rules: BoundaryRules): Verdict {
  if (frame.byteLength > rules.maxFragmentBytes) return VERDICTS['split-size'];
  const { relative } = frame;
  const isInRange = relative >= MIN_RELATIVE_TIMECODE && relative <= MAX_RELATIVE_TIMECODE;
  if (frame.isLead) {
    const mayStart = frame.isKeyFrame || !frame.isVideo;
    if (mayStart) {
      if (frame.isNewTimeline || frame.elapsedNs < 0n) return VERDICTS.timeline;
      if (frame.hasNewFormat) return VERDICTS.format;
      if (frame.isDiscontinuity && frame.isVideo) {
        return frame.isTooFrequent ? TOO_FREQUENT : VERDICTS.timeline;
      }
    }
    const verdict = mayStart ? decideStart(frame, rules) : CONTINUE;
    if (verdict.begin) return verdict;
    if (frame.elapsedNs >= MAX_FRAGMENT_NS) return VERDICTS['split-duration'];
    return isInRange ? verdict : VERDICTS['split-range'];
  }
  if (frame.hasNewFormat && !frame.isVideo) return VERDICTS.format;
  if (frame.elapsedNs >= MAX_FRAGMENT_NS + FOLLOWER_GRACE_NS) return VERDICTS['split-duration'];
  return isInRange ? CONTINUE : VERDICTS['split-range'];
}

function decideStart(frame: Candidate, rules: BoundaryRules): Verdict {
  // Half a frame of tolerance: rounding must not turn a second into a frame less than that.
  const elapsedNs = frame.elapsedNs + frame.durationNs / 2n;
  const byKeyFrame = frame.isVideo && rules.keyFrameFragmentation;
  if (!byKeyFrame && elapsedNs < rules.fragmentDurationNs) return CONTINUE;
  if (elapsedNs < MIN_FRAGMENT_NS) return TOO_SHORT;
  if (frame.isTrackMissing && frame.elapsedNs < MAX_FRAGMENT_NS) return MISSING_TRACK;
  return byKeyFrame ? VERDICTS['key-frame'] : VERDICTS.duration;
}
