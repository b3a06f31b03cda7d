import type { TrackDescription } from '../../media/codec/types.ts';

/**
 * realtime drops oldest first and never blocks; near-realtime too, in a buffer that is sized in
 * fragments and loses whole ones only; offline blocks and never drops.
 */
export type StreamingType = 'realtime' | 'near-realtime' | 'offline';

/** One track of a stream. */
export type TrackInfo = {
  /** 1 … ; KVS's track id, unique in the stream. */
  readonly trackId: number;
  /** Matroska track name, at most 32 characters. */
  readonly trackName: string;
  /** What it will be, where there is no description yet. */
  readonly kind?: 'video' | 'audio' | 'other';
  /** What is known before the first frame; completed by setTrackFormat or by the frames. */
  readonly description?: TrackDescription;
};

/** One frame, as it comes from an encoder or parser: one access unit. */
export type Frame = {
  readonly trackId: number;
  /** Presentation and decoding time in nanoseconds; undefined is derived. */
  readonly ptsNs: bigint | undefined;
  readonly dtsNs: bigint | undefined;
  /** 0 when unknown. */
  readonly durationNs: bigint;
  /** What the source says; the bitstream is looked at as well. */
  readonly isKeyFrame: boolean;
  /** Data was lost or the timeline jumps before this frame. */
  readonly isDiscontinuity?: boolean;
  readonly isDiscardable?: boolean;
  readonly isInvisible?: boolean;
  /** The source says that it is damaged. */
  readonly isCorrupted?: boolean;
  /** Frames in front of it were dropped on the way here, or it is of another source. */
  readonly isAfterLoss?: boolean;
  /** Monotonic ms of its arrival in the element, for the latency metric. */
  readonly arrivedMs?: number;
  /**
   * Where it begins in what the caller has: a number that rises; see KinesisVideoStream.neededFrom.
   * @internal
   */
  readonly position?: number;
  /** Must stay unchanged until putFrame has returned, or the promise it returned has resolved. */
  readonly data: Uint8Array;
};

/**
 * From which positions on a caller has to keep what it has put; Infinity: nothing is needed.
 * @internal
 */
export type NeededFrom = {
  /** Frames. */
  readonly frames: number;
  /** Metadata that goes with one fragment only. */
  readonly metadata: number;
};

/** Image generation and notification events (upstream's putKinesisVideoEventMetadata). */
export type EventMetadata = {
  readonly imagePrefix?: string;
  readonly pairs?: Readonly<Record<string, string>>;
};

/** The two events that KVS knows. */
export type EventKind = 'image-generation' | 'notification';

/** What was done to a track's times; only ever grows. */
export type TimestampCounters = {
  /** PTS and DTS were both missing. */
  missing: number;
  /** The same times as the frame before. */
  repeated: number;
  /** Behind the frame before. */
  backward: number;
  /** More than ten seconds ahead of the frame before. */
  forwardJumps: number;
};
