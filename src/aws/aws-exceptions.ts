import { KvsError, type ServiceFailure, type ServiceFailureKind } from '../errors/kvs-error.ts';
import type { StatusName } from '../errors/status.ts';
import { redactText } from '../runtime/redact.ts';

type Meaning = {
  readonly status: StatusName;
  readonly kind: ServiceFailureKind;
  readonly advice?: string;
};

const throttled: Meaning = {
  status: 'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
  kind: 'throttled',
  advice: 'The call is repeated later; ask AWS for a higher limit if this persists.',
};
const denied: Meaning = {
  status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  kind: 'access-denied',
  advice:
    'Allow the action on the stream in the IAM policy of these credentials, and check that the region is the right one.',
};
const expired: Meaning = {
  status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  kind: 'expired-credentials',
  advice: 'The session token has expired: get new temporary credentials.',
};
const unknownKey: Meaning = {
  status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  kind: 'invalid-credentials',
  advice:
    'The key does not exist, was deactivated, or its session was revoked: check the access key, and the session token that goes with it.',
};
const badSignature: Meaning = {
  status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  kind: 'invalid-credentials',
  advice: 'The secret key does not belong to the access key, or the region is not the endpoint’s.',
};
const skewed: Meaning = {
  status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  kind: 'clock-skew',
  advice: 'Set the machine’s clock (NTP); the difference is corrected for the next attempt.',
};
const invalid: Meaning = {
  status: 'STATUS_SERVICE_CALL_INVALID_ARG_ERROR',
  kind: 'invalid-argument',
};
const missing: Meaning = {
  status: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
  kind: 'not-found',
  advice: 'Check the name, the account and the region.',
};
const busy: Meaning = { status: 'STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR', kind: 'in-use' };
const timedOut: Meaning = { status: 'STATUS_SERVICE_CALL_TIMEOUT_ERROR', kind: 'timeout' };
const failed: Meaning = { status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR', kind: 'service' };
const unknown: Meaning = { status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR', kind: 'other' };

/**
 * Every exception that the API reference lists for the calls a producer makes
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Reference.html), the
 * signing errors common to all of AWS, and what each is to us.
 */
export const EXCEPTIONS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    AccessDeniedException: denied,
    AccessDenied: denied,
    NotAuthorizedException: denied,
    OptInRequired: denied,
    ClientLimitExceededException: throttled,
    ConnectionLimitExceededException: throttled,
    LimitExceededException: throttled,
    ThrottlingException: throttled,
    Throttling: throttled,
    ThrottledException: throttled,
    TooManyRequestsException: throttled,
    RequestLimitExceeded: throttled,
    RequestThrottled: throttled,
    SlowDown: throttled,
    AccountStreamLimitExceededException: {
      status: 'STATUS_SERVICE_CALL_STREAM_LIMIT_ERROR',
      kind: 'limit',
      advice: 'Delete streams that are not needed, or ask AWS for a higher limit.',
    },
    DeviceStreamLimitExceededException: {
      status: 'STATUS_SERVICE_CALL_DEVICE_LIMIT_ERROR',
      kind: 'limit',
    },
    TagsPerResourceExceededLimitException: {
      status: 'STATUS_MAX_TAG_COUNT',
      kind: 'limit',
      advice: 'A stream holds at most 50 tags.',
    },
    InvalidArgumentException: invalid,
    InvalidResourceFormatException: invalid,
    ValidationException: invalid,
    ValidationError: invalid,
    InvalidAction: invalid,
    InvalidParameterCombination: invalid,
    InvalidParameterValue: invalid,
    InvalidQueryParameter: invalid,
    MalformedQueryString: invalid,
    MissingAction: invalid,
    MissingParameter: invalid,
    SerializationException: invalid,
    InvalidDeviceException: {
      status: 'STATUS_SERVICE_CALL_DEVICE_NOT_FOND_ERROR',
      kind: 'invalid-argument',
    },
    NoDataRetentionException: {
      status: 'STATUS_INVALID_RETENTION_PERIOD',
      kind: 'invalid-argument',
      advice: 'The stream retains nothing; raise its retention period.',
    },
    ResourceInUseException: busy,
    VersionMismatchException: busy,
    ResourceNotFoundException: missing,
    InvalidEndpointException: {
      status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR',
      kind: 'wrong-endpoint',
    },
    ExpiredTokenException: expired,
    ExpiredToken: expired,
    TokenRefreshRequired: expired,
    InvalidClientTokenId: unknownKey,
    UnrecognizedClientException: unknownKey,
    InvalidAccessKeyId: unknownKey,
    InvalidToken: unknownKey,
    MissingAuthenticationToken: unknownKey,
    MissingAuthenticationTokenException: unknownKey,
    InvalidSignatureException: badSignature,
    SignatureDoesNotMatch: badSignature,
    IncompleteSignature: badSignature,
    IncompleteSignatureException: badSignature,
    RequestExpired: skewed,
    RequestTimeTooSkewed: skewed,
    RequestInTheFuture: skewed,
    RequestTimeout: timedOut,
    RequestTimeoutException: timedOut,
    InternalFailure: failed,
    InternalServerException: failed,
    InternalServiceException: failed,
    ServiceUnavailable: failed,
    ServiceUnavailableException: failed,
  }),
);

/**
 * The status alone, as upstream maps it:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/Common/RequestInfo.c#L288-L307
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/client/src/StreamEvent.c#L12-L126
 */
function meaningOfStatus(httpStatus: number): Meaning {
  switch (httpStatus) {
    case 401:
    case 403:
      return denied;
    case 404:
      return missing;
    case 406:
      return invalid;
    case 408:
    case 504:
    case 598:
    case 599:
      return timedOut;
    case 429:
      return throttled;
    default:
      return httpStatus >= 500 ? failed : unknown;
  }
}

function meaningOf(exception: string | undefined, httpStatus: number, message: string): Meaning {
  const meaning = exception === undefined ? undefined : EXCEPTIONS.get(exception);
  if (/security token .*expired/i.test(message)) return expired;
  // A signature of the wrong time comes under the names of any wrong signature; only the text tells.
  if (/signature (?:expired|not yet current)|request has expired/i.test(message)) return skewed;
  if (meaning === denied && /security token .*invalid/i.test(message)) return unknownKey;
  return meaning ?? meaningOfStatus(httpStatus);
}

/** An answer other than 200, as far as it could be read. */
export type ServiceAnswer = {
  /** What was asked, for the message: `DescribeStream`, `PutMedia`, … */
  readonly operation: string;
  readonly httpStatus: number;
  /** From `x-amzn-ErrorType` or the body's `__type`; namespace and URL parts are cut off. */
  readonly exception: string | undefined;
  /** The service's own words. */
  readonly message: string | undefined;
  readonly retryAfter?: string | undefined;
  readonly requestId?: string | undefined;
  /** Which credentials were used, by provider name. */
  readonly provider?: string | undefined;
  readonly cause?: unknown;
};

/** `com.amazonaws#FooException:http://…` → `FooException`. */
export function exceptionName(text: string | undefined): string | undefined {
  const name = text?.split(':')[0]?.split('#').pop()?.trim();
  return name === '' ? undefined : name;
}

/**
 * A service's refusal as a KvsError with the status upstream gives it, the service's own message
 * and what to do about it.
 */
export function refusalError(answer: ServiceAnswer): KvsError {
  const { operation, httpStatus } = answer;
  // A wrong signature is answered with the whole canonical request, session token included.
  const message = redactText(answer.message ?? '');
  const exception = exceptionName(answer.exception);
  const meaning = meaningOf(exception, httpStatus, message);
  const failure: ServiceFailure = {
    kind: meaning.kind,
    httpStatus,
    exception,
    retryAfterMs: retryAfterMs(answer.retryAfter),
  };
  const parts = [`${operation} was refused: HTTP ${httpStatus}`];
  if (exception !== undefined) parts.push(` ${exception}`);
  if (message !== '') parts.push(`: ${message}`);
  const isAuth = meaning.status === 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR';
  if (isAuth && answer.provider !== undefined) parts.push(` (credentials from ${answer.provider})`);
  if (answer.requestId !== undefined) parts.push(` (request ${answer.requestId})`);
  return new KvsError(meaning.status, parts.join(''), {
    failure,
    ...(meaning.advice === undefined ? {} : { advice: meaning.advice }),
    ...(answer.cause === undefined ? {} : { cause: answer.cause }),
  });
}

/** Retry-After's seconds in ms; the date form is not used by AWS. */
function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = header === undefined ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
