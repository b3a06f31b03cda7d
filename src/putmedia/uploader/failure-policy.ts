import { KvsError, type ServiceFailureKind } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import type { SetupState } from './stream-setup.ts';

/** What StreamSetup is to ask for again. */
export type Invalidated = 'stream' | 'endpoint' | 'credentials';

/** What follows from a failure. docs/5-inside/lifecycle.md has the same as a table, with the reasons. */
export type FailureDecision =
  | { readonly kind: 'fatal' }
  | {
      readonly kind: 'retry';
      /** Of what is known, what is no longer to be relied upon. */
      readonly invalidate: readonly Invalidated[];
      /** The back-off's first wait, at least; 0 for its own. */
      readonly baseMs: number;
      /** No wait is longer. */
      readonly capMs: number;
      /** At least so long, because the service asked for it. */
      readonly minimumMs: number;
    };

/** What happened before, as far as it matters. */
export type FailureHistory = {
  /** The stream has been ready once since the start. */
  readonly wasReady: boolean;
  /** A PutMedia has been answered 200 once. */
  readonly wasAccepted: boolean;
  /** Failures of the same class in a row, this one included. */
  readonly inARow: number;
  readonly restartOnError: boolean;
  /** False while this machine's clock is plainly wrong, and no answer has given the time. */
  readonly isTimeKnown: boolean;
};

/** Refusals of the credentials before start-up is given up; each is tried with fresh ones. */
const MAX_START_REFUSALS = 3;
/** The first PutMedia may be refused so often for something that is ours to change. */
const MAX_FIRST_PUT_REFUSALS = 5;
/** Without recovery, upstream's number of tries (SERVICE_CALL_MAX_RETRY_COUNT + 1). */
export const MAX_TRIES_WITHOUT_RECOVERY = 6;

/** A service that answers and refuses is asked a handful of times in ten seconds. */
const REFUSED_BASE_MS = 1000;
const SERVICE_ERROR_BASE_MS = 500;
/**
 * One that does not answer at all is tried more often than upstream's ten seconds: frames are
 * waiting, and nobody is there to be spared.
 */
const NO_ANSWER_CAP_MS = 2_000;

const CREDENTIAL_KINDS: ReadonlySet<ServiceFailureKind> = new Set<ServiceFailureKind>([
  'expired-credentials',
  'invalid-credentials',
  'access-denied',
  'clock-skew',
]);

/** Failures of one class count together: three different ones in a row are not three of a kind. */
export function failureClass(error: KvsError): string {
  const kind = error.failure?.kind;
  if (kind === undefined) return error.code;
  return CREDENTIAL_KINDS.has(kind) ? 'credentials' : kind;
}

/** The clock will be set, by NTP or a person: no reason to give up, and frames wait for it. */
function isCuredByTime(error: KvsError, { isTimeKnown }: FailureHistory): boolean {
  return error.failure?.kind === 'clock-skew' || !isTimeKnown;
}

function isCredentialProblem(error: KvsError): boolean {
  return failureClass(error) === 'credentials' || error.failure === undefined;
}

/** Fresh credentials may help; against a wrong clock they do not. */
function mayRenew(error: KvsError): boolean {
  return isCredentialProblem(error) && error.failure?.kind !== 'clock-skew';
}

/** Failures that no waiting and no other credentials will cure. */
function isHopeless(error: KvsError): boolean {
  return (
    error.code === 'STATUS_STREAM_IS_BEING_DELETED_ERROR' ||
    error.failure?.kind === 'not-found' ||
    error.failure?.kind === 'limit' ||
    error.failure?.kind === 'invalid-argument' ||
    error.code === 'STATUS_INVALID_ARG' ||
    error.code === 'STATUS_INVALID_URI_LEN'
  );
}

const EXHAUSTED: Readonly<Record<SetupState['kind'], StatusName>> = {
  new: 'STATUS_GET_STREAMING_TOKEN_CALL_FAILED',
  describe: 'STATUS_DESCRIBE_STREAM_CALL_FAILED',
  create: 'STATUS_CREATE_STREAM_CALL_FAILED',
  endpoint: 'STATUS_GET_STREAMING_ENDPOINT_CALL_FAILED',
  token: 'STATUS_GET_STREAMING_TOKEN_CALL_FAILED',
  ready: 'STATUS_STREAM_READY_CALLBACK_FAILED',
};

/** The same failure for the n-th time, named as upstream names the end of its tries. */
export function exhausted(step: SetupState['kind'], error: KvsError, tries: number): KvsError {
  return new KvsError(EXHAUSTED[step], `${tries} attempts in a row have failed: ${error.message}`, {
    cause: error,
    advice: error.advice,
    ...(error.failure === undefined ? {} : { failure: error.failure }),
  });
}

function isUnanswered({ failure }: KvsError): boolean {
  return (
    failure?.kind === 'network' || (failure?.kind === 'timeout' && failure.httpStatus === undefined)
  );
}

function capOf(error: KvsError): number {
  return isUnanswered(error) ? NO_ANSWER_CAP_MS : Number.POSITIVE_INFINITY;
}

function minimumOf(error: KvsError): number {
  return Math.min(error.failure?.retryAfterMs ?? 0, 60_000);
}

/**
 * A control call, or the credential provider, failed. No answer at all is never fatal: a camera
 * that starts before its network must not have to be started again.
 */
export function setupFailure(
  step: SetupState['kind'],
  error: KvsError,
  history: FailureHistory,
): FailureDecision {
  if (!history.restartOnError && history.inARow >= MAX_TRIES_WITHOUT_RECOVERY) {
    return { kind: 'fatal' };
  }
  const isGone =
    error.code === 'STATUS_STREAM_IS_BEING_DELETED_ERROR' || error.failure?.kind === 'not-found';
  // A new stream's name takes a moment to be known everywhere: only describe's word counts.
  if (isGone && step !== 'endpoint') return { kind: 'fatal' };
  if (!history.wasReady && isHopeless(error) && !isGone) return { kind: 'fatal' };
  const isRefused = isCredentialProblem(error) && !isCuredByTime(error, history);
  if (!history.wasReady && isRefused && history.inARow >= MAX_START_REFUSALS) {
    return { kind: 'fatal' };
  }
  return {
    kind: 'retry',
    invalidate: isGone ? ['stream'] : mayRenew(error) ? ['credentials'] : [],
    baseMs: 0,
    capMs: capOf(error),
    minimumMs: minimumOf(error),
  };
}

function invalidatedBy(error: KvsError, isAccepted: boolean): readonly Invalidated[] {
  switch (error.failure?.kind) {
    case 'expired-credentials':
    case 'invalid-credentials':
    case 'access-denied':
      return ['credentials'];
    case 'clock-skew':
    case 'throttled':
      return [];
    case 'not-found':
    case 'invalid-argument':
      return ['stream'];
    default:
      // A connection that had been good says nothing against its address.
      return isAccepted ? [] : ['endpoint'];
  }
}

/** A PutMedia session was refused or lost. */
export function sessionFailure(
  error: KvsError,
  isAccepted: boolean,
  history: FailureHistory,
): FailureDecision {
  if (!history.restartOnError) return { kind: 'fatal' };
  const kind = error.failure?.kind;
  const isOurs = kind === 'invalid-argument' || (kind !== undefined && CREDENTIAL_KINDS.has(kind));
  const isHopelessPut = isOurs && !isCuredByTime(error, history);
  if (isHopelessPut && !history.wasAccepted && history.inARow >= MAX_FIRST_PUT_REFUSALS) {
    return { kind: 'fatal' };
  }
  const httpStatus = error.failure?.httpStatus;
  const baseMs =
    httpStatus === undefined ? 0 : httpStatus >= 500 ? SERVICE_ERROR_BASE_MS : REFUSED_BASE_MS;
  return {
    kind: 'retry',
    invalidate: invalidatedBy(error, isAccepted),
    baseMs,
    capMs: capOf(error),
    minimumMs: minimumOf(error),
  };
}
