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
