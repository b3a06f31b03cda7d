import type { KvsError } from '../../errors/kvs-error.ts';
import type { UndecodableReason } from '../tracks/decodability.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import type { BeginReason, JoinReason } from './boundary.ts';

/** Why frames were left out. */
export type LossReason = UndecodableReason | 'no-room' | 'too-large' | 'invalid' | 'no-format';

/** What is worth knowing of a fragment's begin. */
export type Beginning = {
  readonly isNewFormat: boolean;
  /** Decoding can start with its first frame; true of all but video. */
  readonly isKeyFrame: boolean;
  readonly track: Track;
};

/** What the packager tells the stream; called only when something is worth telling. */
export type PackagerEvents = {
  /** Frames that will not be sent. */
  lost(frame: PendingFrame, reason: LossReason, error?: KvsError): void;
  /** A fragment begins; `reason` is undefined for the first one. */
  began(reason: BeginReason | undefined, beginning: Beginning): void;
  joined(reason: JoinReason): void;
  /** A key frame of this track would end a loss, or a fragment before it gets too long. */
  keyFrameWanted(track: Track): void;
  /** The frames of a track are of another stream format than its caps say. */
  misdeclared(track: Track): void;
  /** A frame lies before the fragment that it comes in. */
  early(track: Track): void;
  /** A track's times were far from the leading track's. */
  rebased(track: Track, byNs: bigint): void;
};
