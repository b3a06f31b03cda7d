import type { MatroskaTag } from '../../../matroska/tags.ts';

/** A frame of a file on its way into a fragment. */
export type InputFrame = {
  /** TrackNumber in the file. */
  readonly track: number;
  /** In the file's own time. */
  readonly ptsNs: bigint;
  /** 0 where the file does not say. */
  readonly durationNs: bigint;
  readonly isKeyFrame: boolean;
  readonly isInvisible: boolean;
  readonly isDiscardable: boolean;
  readonly data: Uint8Array;
  /** A cluster of the file begins with it. */
  readonly startsCluster: boolean;
  /** What the file says of the fragment that begins here. */
  readonly tags: readonly MatroskaTag[];
};

/** A copy that outlives the buffer that the frame was read into. */
export function keptFrame(frame: InputFrame): InputFrame {
  return { ...frame, data: new Uint8Array(frame.data) };
}
