import type { DropNotice } from './drops.ts';
import type { Overflow } from './overflow.ts';

/**
 * What goes when there is no room: the whole oldest fragment, or single frames. Upstream's
 * "drop tail item" takes the oldest frame, which is the key frame that all the others need; here
 * the frames at the end of the oldest fragment go, so that what is left can be decoded. With
 * `key-frames`, those of the fragments behind it go before its first one does.
 */
export type DropPolicy = 'fragment' | 'frame' | 'key-frames';

/**
 * How far a source that can wait may be ahead of what is sent, in whole fragments: the socket never
 * runs dry, and the same few MiB of the store are used again, instead of all of it being filled
 * with what was read too early.
 */
export const AHEAD_BYTES = 4 * 1024 * 1024;

/** What a view holds, and what goes when it is full. */
export type ViewOptions = {
  /** Whether it drops at first; see StreamView.mayDrop. */
  readonly mayDrop: boolean;
  readonly dropPolicy: DropPolicy;
  /** Media time that the view holds at most. */
  readonly bufferDurationNs: bigint;
  /** Frames that the view holds at most; unlimited when absent. */
  readonly maxFrames?: number;
  /** Fragments that the view holds at most, the one being written included; unlimited when absent. */
  readonly maxFragments?: number;
  readonly onDrop?: (notice: DropNotice) => void;
  /** Takes whole fragments that would have to be dropped for want of room. */
  readonly overflow?: Overflow | undefined;
  /** A fragment was settled or dropped: less may be needed of what the caller has. */
  readonly onLeave?: () => void;
};
