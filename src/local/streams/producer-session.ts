/** How a PutMedia request stands: open, or ended and why. */
export type ProducerState =
  | { readonly kind: 'open' }
  | { readonly kind: 'ended'; readonly atMs: number; readonly reason: string };

/** A PutMedia request, as far as others are told of it. Changes while it is open. */
export type ProducerSession = {
  readonly id: string;
  /** The User-Agent header: the producer's name and version. */
  readonly userAgent: string | undefined;
  /** Address and port that it came from. */
  readonly remote: string;
  readonly isTls: boolean;
  readonly timecodes: 'ABSOLUTE' | 'RELATIVE';
  readonly acksWanted: boolean;
  /** Epoch ms. */
  readonly beganMs: number;
  /** Of the body, so far. */
  bytes: number;
  /** Whole fragments, so far. */
  fragments: number;
  state: ProducerState;
};

/** An ack as it was written to a producer. */
export type SentAck = {
  /** Epoch ms. */
  readonly atMs: number;
  /** Id of its PutMedia request. */
  readonly session: string;
  readonly event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED' | 'IDLE' | 'ERROR';
  readonly fragmentNumber?: string;
  /** As sent, in timecode-scale units. */
  readonly timecode?: number;
  readonly errorId?: number;
  readonly errorCode?: string;
  /** What was wrong, which the ack itself has no room for. */
  readonly reason?: string;
};
