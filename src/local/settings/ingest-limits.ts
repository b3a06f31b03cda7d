/**
 * The limits of PutMedia:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html
 */
export type IngestLimits = {
  readonly maxFragmentBytes: number;
  readonly maxFragmentMs: number;
  /** A fragment that another one follows sooner is refused; 0: none is. */
  readonly minFragmentMs: number;
  /** The service's own: a frame takes memory however small it is. */
  readonly maxFragmentFrames: number;
  readonly maxTracks: number;
  readonly maxTagsPerFragment: number;
  readonly maxTagNameBytes: number;
  readonly maxTagValueBytes: number;
  readonly maxConnectionMs: number;
  /** A session that receives nothing is closed after this. */
  readonly idleTimeoutMs: number;
  /** PutMedia connections that may send media to a stream at once. */
  readonly maxPutMediaPerStream: number;
  /** How long an older PutMedia connection may go on when a newer one takes over. */
  readonly handoverMs: number;
  /** Clients that may read a stream with GetMedia at once; further ones are refused. */
  readonly maxGetMediaPerStream: number;
  /** How often a session that receives nothing is notified. */
  readonly idleAckMs: number;
  /** A session's body is read no faster; Infinity: as fast as it comes. */
  readonly maxFragmentsPerSecond: number;
  readonly maxPutMediaBytesPerSecond: number;
  /** GetMedia and GetMediaForFragmentList send no faster. */
  readonly maxGetMediaBytesPerSecond: number;
  /** GetMedia sends no more fragments. */
  readonly maxGetMediaFragmentsPerSecond: number;
  /** Clients that may read a stream with GetMediaForFragmentList at once. */
  readonly maxFragmentListsPerStream: number;
};

export const INGEST_LIMITS: IngestLimits = {
  maxFragmentBytes: 50 * 1024 * 1024,
  maxFragmentMs: 20_000,
  // AWS documents 1,000, but no number for the error, and takes shorter ones.
  minFragmentMs: 0,
  maxFragmentFrames: 100_000,
  maxTracks: 3,
  maxTagsPerFragment: 10,
  maxTagNameBytes: 128,
  maxTagValueBytes: 256,
  maxPutMediaPerStream: 1,
  // A producer that rotates connects before the old session has ended.
  handoverMs: 5_000,
  maxGetMediaPerStream: 3,
  maxConnectionMs: 45 * 60_000,
  idleTimeoutMs: 30_000,
  idleAckMs: 10_000,
  maxFragmentsPerSecond: Number.POSITIVE_INFINITY,
  maxPutMediaBytesPerSecond: Number.POSITIVE_INFINITY,
  maxGetMediaBytesPerSecond: Number.POSITIVE_INFINITY,
  maxGetMediaFragmentsPerSecond: Number.POSITIVE_INFINITY,
  maxFragmentListsPerStream: Number.POSITIVE_INFINITY,
};

/** What AWS limits beside that: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html */
export const AWS_LIMITS: Partial<IngestLimits> = {
  maxFragmentsPerSecond: 5,
  maxPutMediaBytesPerSecond: 12_500_000,
  maxGetMediaBytesPerSecond: 25_000_000,
  maxGetMediaFragmentsPerSecond: 5,
  maxFragmentListsPerStream: 5,
};
