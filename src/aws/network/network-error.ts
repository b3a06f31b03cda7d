import { KvsError, type ServiceFailureKind } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';

/** OpenSSL's and Node's codes for a certificate that was not accepted, by either side. */
const TLS_CODES =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_|CRL_|EPROTO$|INVALID_PURPOSE)/;

const TIMEOUT_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ERR_TIMEOUT']);
/** The other end has closed the connection. The AWS SDK calls these a TimeoutError too. */
export const CLOSED_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Node's error code, from the error itself or from one of those it was made of. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // "Happy eyeballs" gives an AggregateError with one error per address.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : undefined;
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(textOf).join('; ');
  }
  return error instanceof Error ? error.message || (codeOf(error) ?? error.name) : String(error);
}

/** The other side's certificate is for another time, or this machine's clock is wrong. */
export function isAboutTime(error: unknown): boolean {
  return /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(codeOf(error) ?? '');
}

/** What to do about the TLS failures that users meet. */
function tlsAdvice(code: string): string {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return 'The certificate is for another host name: check the endpoint.';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'Check the machine’s clock (docs/2-use/times.md), then the certificate’s dates.';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'Install the issuing CA on the machine, or name its PEM file in KVSSINK_CA_CERT_PATH.';
    default:
      return 'Check the certificates of both sides, and that the other side speaks TLS 1.2 or later.';
  }
}

/** What kept a request from being answered. */
export type NetworkProblem = { readonly kind: ServiceFailureKind; readonly status: StatusName };

/**
 * Sorts a failed connection, as upstream maps curl's codes:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/Response.c#L388-L403
 */
export function networkProblem(error: unknown): NetworkProblem {
  const code = codeOf(error) ?? '';
  const name = error instanceof Error ? error.name : '';
  if (TIMEOUT_CODES.has(code) || (name === 'TimeoutError' && !CLOSED_CODES.has(code))) {
    return { kind: 'timeout', status: 'STATUS_SERVICE_CALL_TIMEOUT_ERROR' };
  }
  if (TLS_CODES.test(code)) {
    return { kind: 'tls', status: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR' };
  }
  return { kind: 'network', status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR' };
}

/**
 * A request that got no answer, as a KvsError; a KvsError is passed on as it is.
 * @param operation What was asked, e.g. `DescribeStream`.
 * @param where Host and port that was asked.
 */
export function networkError(operation: string, where: string, error: unknown): KvsError {
  if (error instanceof KvsError) return error;
  const code = codeOf(error);
  const { kind, status } = networkProblem(error);
  const message = `${operation} got no answer from ${where}: ${textOf(error)}`;
  const failure = { kind, httpStatus: undefined, exception: code, retryAfterMs: undefined };
  return new KvsError(status, message, {
    cause: error,
    failure,
    ...(kind === 'tls' ? { advice: tlsAdvice(code ?? '') } : {}),
  });
}
