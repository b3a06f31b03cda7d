/** A frame as a demuxer hands it out. Its bytes are valid during the call only. */
export type DemuxedFrame = {
  /** In the file's own time; undefined where the file does not say. May be less than zero. */
  readonly ptsNs: bigint | undefined;
  readonly dtsNs: bigint | undefined;
  /** 0 where the file does not say. */
  readonly durationNs: bigint;
  /** What the file says; the bytes are looked at as well. */
  readonly isKeyFrame: boolean;
  readonly isInvisible: boolean;
  readonly isDiscardable: boolean;
  readonly data: Uint8Array;
};
