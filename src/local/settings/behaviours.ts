/** Delays and choices that make the service behave like a slower or another one. All 0 or off. */
export type Behaviours = {
  /** How long a stream is CREATING. */
  readonly createStreamMs: number;
  /** How long a stream is UPDATING. */
  readonly updateStreamMs: number;
  /** How long a stream is DELETING. */
  readonly deleteStreamMs: number;
  /** Holds back every ack. */
  readonly ackDelayMs: number;
  /** Holds back PERSISTED acks, on top of ackDelayMs. */
  readonly persistDelayMs: number;
  /** Stores a fragment that was sent twice under two numbers, as KVS does, instead of once. */
  readonly keepDuplicates: boolean;
  /**
   * Refuses a PutMedia connection beyond `maxPutMediaPerStream` with
   * ConnectionLimitExceededException, instead of closing the oldest one.
   */
  readonly refuseProducers: boolean;
  /** DataRetentionInHours of streams that are created without one. */
  readonly defaultRetentionHours: number;
  /**
   * Streams that the account can have; a further one is refused with
   * AccountStreamLimitExceededException. AWS's quota is different for each region and raised on
   * request: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
   */
  readonly maxStreams: number;
};

export const DEFAULT_BEHAVIOURS: Behaviours = {
  createStreamMs: 0,
  updateStreamMs: 0,
  deleteStreamMs: 0,
  ackDelayMs: 0,
  persistDelayMs: 0,
  keepDuplicates: false,
  refuseProducers: false,
  defaultRetentionHours: 0,
  maxStreams: 10_000,
};
