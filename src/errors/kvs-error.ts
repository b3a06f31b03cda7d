import { findStatus } from './find-status.ts';
import { printable } from './printable.ts';
import type { StatusName } from './status.ts';

/** What a service's refusal, or the way to it, was about; callers branch on this. */
export type ServiceFailureKind =
  /** Too many calls or connections for now: wait, then go on. */
  | 'throttled'
  /** The session token's time is over: fetch new credentials. */
  | 'expired-credentials'
  /** The key or token is not (or no longer) known, or the signature is wrong. */
  | 'invalid-credentials'
  /** Signed at a time the service does not accept; the machine's clock is off. */
  | 'clock-skew'
  /** The credentials are good but may not do this. */
  | 'access-denied'
  | 'not-found'
  /** The resource is being changed by someone else; ask again. */
  | 'in-use'
  /** An account's or device's limit, which waiting does not lift. */
  | 'limit'
  | 'invalid-argument'
  /** The data endpoint is no longer the stream's: ask for a new one. */
  | 'wrong-endpoint'
  | 'timeout'
  /** The certificate of the other side, or ours, was not accepted. */
  | 'tls'
  /** No connection: DNS, refused, reset. */
  | 'network'
  /** The service failed (5xx). */
  | 'service'
  | 'other';

/** What is known of a request that failed. */
export type ServiceFailure = {
  readonly kind: ServiceFailureKind;
  /** undefined when no answer came. */
  readonly httpStatus: number | undefined;
  /** The service's exception, e.g. `ClientLimitExceededException`. */
  readonly exception: string | undefined;
  /** What a Retry-After header asked for, in ms. */
  readonly retryAfterMs: number | undefined;
};

/** What a KvsError carries beside its text. */
export type KvsErrorOptions = {
  /** The error underneath, if there is one. */
  cause?: unknown;
  /** What the user can do about it; defaults to the table's advice for the status. */
  advice?: string;
  /** For a request to a service that failed. */
  failure?: ServiceFailure;
};

/**
 * The one error class of this project. `name` and `status` are upstream's (status.ts), `message`
 * says what happened and with which value, `advice` what to do about it.
 */
export class KvsError extends Error {
  /** Upstream's name of the status, e.g. `STATUS_INVALID_STREAM_NAME_LENGTH`. */
  readonly code: StatusName;
  /** Upstream's number of the status, e.g. 0x52000002. */
  readonly status: number;
  /** What the user can do about it, as a sentence. */
  readonly advice: string;
  /** What a service answered, if the error comes from one. */
  readonly failure: ServiceFailure | undefined;

  constructor(code: StatusName, message: string, options: KvsErrorOptions = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KvsError';
    this.code = code;
    const { value, advice } = findStatus(code);
    this.status = value;
    this.advice = options.advice ?? advice;
    this.failure = options.failure;
  }

  /** `What happened [STATUS_X 0x52000010] What to do.`, as it goes to logs and reasons. */
  describe(): string {
    const number = this.status.toString(16).padStart(8, '0');
    return `${this.message} [${this.code} 0x${number}]${this.advice ? ` ${this.advice}` : ''}`;
  }
}

/** Whatever was thrown, as the project's error: a bug of ours says so. */
export function asKvsError(error: unknown): KvsError {
  if (error instanceof KvsError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new KvsError('STATUS_INTERNAL_ERROR', `Unexpected error: ${text}`, { cause: error });
}
