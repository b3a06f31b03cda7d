import type { AckErrorId } from '../errors/error-acks.ts';

/** What a fault is limited to. Without any of these it strikes everything until it is removed. */
export type FaultLimits = {
  /** Name of the only stream that it strikes. */
  readonly stream?: string;
  /** So many that it could strike are spared first. Default 0. */
  readonly skip?: number;
  /** After those, it strikes one of so many. Default 1: each. */
  readonly every?: number;
  /** It strikes so often, and then no more. */
  readonly count?: number;
  /** It begins so many milliseconds after it was added. Default 0. */
  readonly afterMs?: number;
  /** It lasts so many milliseconds; what it holds back then goes on. */
  readonly forMs?: number;
};

/** As FaultLimits, for faults that strike requests. */
export type RequestFaultLimits = FaultLimits & {
  /** The only operation that it strikes, such as `PutMedia`, or `GetMP4MediaFragment` of HLS. */
  readonly operation?: string;
};

/**
 * As RequestFaultLimits, for faults that strike connections: those with a request that is being
 * answered at once, and others when their next request comes.
 */
export type ConnectionFaultLimits = RequestFaultLimits & {
  /** PutMedia alone: strikes when the connection has brought so many fragments. */
  readonly afterFragments?: number;
};

/** As FaultLimits, for faults that strike the acknowledgements of PutMedia. */
export type AckFaultLimits = FaultLimits & {
  /** The only acknowledgements that it strikes. Default all, errors excepted. */
  readonly event?: FaultyAck;
};

/** Acknowledgements that a fault can strike. */
export type FaultyAck = 'BUFFERING' | 'RECEIVED' | 'PERSISTED' | 'IDLE';

/** Something that the local service does wrong on demand. Its fields are the same over HTTP. */
export type Fault =
  /** Answers with an error in place of a result. */
  | (RequestFaultLimits & {
      readonly kind: 'error';
      /** HTTP status, 400 to 599. */
      readonly status: number;
      /** Name of the exception; by default one of AWS's that has this status, if there is any. */
      readonly exception?: string;
      /** What the error says. */
      readonly message?: string;
      /** Sent as HTML in place of an exception, as proxies and load balancers answer. */
      readonly html?: string;
      /** Seconds in a Retry-After header; none by default. */
      readonly retryAfterS?: number;
    })
  /** Refuses calls beyond a number per second, with ClientLimitExceededException by default. */
  | (RequestFaultLimits & {
      readonly kind: 'throttle';
      /** Calls that pass in each second, over all clients. Default 0: none. */
      readonly perSecond?: number;
      readonly exception?: 'ClientLimitExceededException' | 'ThrottlingException';
    })
  /** Refuses calls with ExpiredTokenException. */
  | (RequestFaultLimits & {
      readonly kind: 'expired-credentials';
      /** The only access key that has expired. Default every one. */
      readonly accessKeyId?: string;
    })
  /** The service's clock is wrong, in Date headers and where it checks signatures. */
  | (RequestFaultLimits & {
      readonly kind: 'clock-skew';
      /** Milliseconds that it is ahead; behind, if negative. */
      readonly skewMs: number;
    })
  /** Takes its time before it answers. */
  | (RequestFaultLimits & { readonly kind: 'delay'; readonly delayMs: number })
  /** Cuts the connection. */
  | (ConnectionFaultLimits & {
      readonly kind: 'drop';
      /** `reset` sends TCP RST, `close` ends in the middle of the answer with FIN. Default reset. */
      readonly how?: 'reset' | 'close';
    })
  /** The connection stays open, and nothing moves on it any more until the fault is over. */
  | (ConnectionFaultLimits & {
      readonly kind: 'stall';
      /** `in`: nothing is read; `out`: nothing is sent. Default both. */
      readonly direction?: 'both' | 'in' | 'out';
    })
  /** Ends the answer and goes on reading: what still comes is thrown away. */
  | (ConnectionFaultLimits & { readonly kind: 'half-close' })
  /** A slow connection: each that it strikes is limited for as long as the fault lasts. */
  | (ConnectionFaultLimits & {
      readonly kind: 'bandwidth';
      readonly bytesPerSecond: number;
      /** `in`: what is read; `out`: what is sent. Default both. */
      readonly direction?: 'both' | 'in' | 'out';
    })
  /** Answers go out in small pieces, each in a packet of its own. */
  | (ConnectionFaultLimits & {
      readonly kind: 'split';
      readonly pieceBytes: number;
      /** Milliseconds between two pieces. Default 1. */
      readonly pauseMs?: number;
    })
  /** Acknowledgements are late, in their order. */
  | (AckFaultLimits & { readonly kind: 'delay-acks'; readonly delayMs: number })
  /** Acknowledgements are not sent at all. */
  | (AckFaultLimits & { readonly kind: 'withhold-acks' })
  /** Refuses a fragment with an ERROR acknowledgement, and ends the session as KVS does. */
  | (FaultLimits & {
      readonly kind: 'error-ack';
      readonly errorId: AckErrorId;
      /** In place of which acknowledgement; the fragment is never stored. Default BUFFERING. */
      readonly event?: 'BUFFERING' | 'RECEIVED' | 'PERSISTED';
    });

/** The name of what goes wrong. */
export type FaultKind = Fault['kind'];

/** The fault of one kind. */
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/**
 * How far a fault has come. One that is `waiting` has not begun (`afterMs`); one that is `spent` has
 * struck as often as it should, and what it holds back is held until it is `over`: its time has
 * passed, or it was removed.
 */
export type FaultState = 'waiting' | 'active' | 'spent' | 'over';
