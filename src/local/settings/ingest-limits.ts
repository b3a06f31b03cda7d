/**
 * The limits of PutMedia:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html
 */
export type IngestLimits = {
  readonly maxFragmentBytes: number;
  readonly maxFragmentMs: number;
  /** The service's own: a frame takes memory however small it is. */
  readonly maxFragmentFrames: number;
  readonly maxTracks: number;
  readonly maxTagsPerFragment: number;
  readonly maxTagNameBytes: number;
  readonly maxTagValueBytes: number;
  readonly maxConnectionMs: number;
  /** A session that receives nothing is closed after this. */
  readonly idleTimeoutMs: number;
  /** Clients that may read a stream with GetMedia at once; further ones are refused. */
  readonly maxGetMediaPerStream: number;
  /** How often a session that receives nothing is notified. */
  readonly idleAckMs: number;
  /** A session's body is read no faster; Infinity: as fast as it comes. */
  readonly maxFragmentsPerSecond: number;
  readonly maxPutMediaBytesPerSecond: number;
  /** GetMedia and GetMediaForFragmentList send no faster. */
  readonly maxGetMediaBytesPerSecond: number;
  /** Clients that may read a stream with GetMediaForFragmentList at once. */
  readonly maxFragmentListsPerStream: number;
};

export const INGEST_LIMITS: IngestLimits = {
  maxFragmentBytes: 50 * 1024 * 1024,
  maxFragmentMs: 10_000,
  maxFragmentFrames: 100_000,
  maxTracks: 3,
  maxTagsPerFragment: 10,
  maxTagNameBytes: 128,
  maxTagValueBytes: 256,
  maxGetMediaPerStream: 3,
  maxConnectionMs: 45 * 60_000,
  idleTimeoutMs: 30_000,
  idleAckMs: 10_000,
  maxFragmentsPerSecond: Number.POSITIVE_INFINITY,
  maxPutMediaBytesPerSecond: Number.POSITIVE_INFINITY,
  maxGetMediaBytesPerSecond: Number.POSITIVE_INFINITY,
  maxFragmentListsPerStream: Number.POSITIVE_INFINITY,
};

/** What AWS limits beside that: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html */
export const AWS_LIMITS: Partial<IngestLimits> = {
  maxFragmentsPerSecond: 5,
  maxPutMediaBytesPerSecond: 12_500_000,
  maxGetMediaBytesPerSecond: 25_000_000,
  maxFragmentListsPerStream: 5,
};
