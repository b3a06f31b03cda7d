import { ServiceError } from '../errors/service-error.ts';

/** What a request says about its signature, wherever it says it. */
export type Authorization = {
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly scopeDate: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case names, in the order they were signed. */
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** Seconds of validity; only for query strings. */
  readonly expiresSeconds: number | undefined;
  readonly inQuery: boolean;
};

/** First value of a header, by lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/**
 * Reads the Authorization header, or the X-Amz-… query parameters of a presigned URL
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/CommonParameters.html).
 * @throws ServiceError MissingAuthenticationTokenException, IncompleteSignatureException
 */
export function parseAuthorization(header: HeaderLookup, query: URLSearchParams): Authorization {
  const authorization = header('authorization');
  if (authorization !== undefined) return fromHeader(authorization, header);
  if (query.has('X-Amz-Signature') || query.has('X-Amz-Credential')) return fromQuery(query);
  throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

function fromHeader(value: string, header: HeaderLookup): Authorization {
  const [algorithm, rest] = splitOnce(value.trim(), ' ');
  if (algorithm !== ALGORITHM) {
    throw incomplete(`The Authorization header must begin with ${ALGORITHM}.`);
  }
  const fields = new Map<string, string>();
  for (const part of rest.split(',')) {
    const [name, field] = splitOnce(part.trim(), '=');
    fields.set(name, field);
  }
  const date = header('x-amz-date') ?? basicDate(header('date'));
  return assemble({
    credential: fields.get('Credential'),
    signedHeaders: fields.get('SignedHeaders'),
    signature: fields.get('Signature'),
    date,
    sessionToken: header('x-amz-security-token'),
    expiresSeconds: undefined,
    inQuery: false,
  });
}

function fromQuery(query: URLSearchParams): Authorization {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw incomplete(`X-Amz-Algorithm must be ${ALGORITHM}.`);
  }
  const expires = Number(query.get('X-Amz-Expires') ?? '900');
  if (!Number.isInteger(expires) || expires < 1 || expires > 604_800) {
    throw incomplete('X-Amz-Expires must be between 1 and 604800 seconds.');
  }
  return assemble({
    credential: query.get('X-Amz-Credential') ?? undefined,
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? undefined,
    signature: query.get('X-Amz-Signature') ?? undefined,
    date: query.get('X-Amz-Date') ?? undefined,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expiresSeconds: expires,
    inQuery: true,
  });
}

function assemble(found: {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  date: string | undefined;
  sessionToken: string | undefined;
  expiresSeconds: number | undefined;
  inQuery: boolean;
}): Authorization {
  const { credential, signedHeaders, signature, date } = found;
  if (!credential) throw incomplete("Authorization requires 'Credential' parameter.");
  if (!signature) throw incomplete("Authorization requires 'Signature' parameter.");
  if (!signedHeaders) throw incomplete("Authorization requires 'SignedHeaders' parameter.");
  if (!date) throw incomplete("Authorization requires an 'X-Amz-Date' or a 'Date' header.");
  if (!/^\d{8}T\d{6}Z$/.test(date)) {
    throw incomplete('The date must have the form 20260102T030405Z.');
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete('The signature must be 64 hex digits.');
  // An access key id may itself hold slashes; the scope is the last four parts.
  const parts = credential.split('/');
  const [scopeDate, region, service, terminator] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join('/');
  if (!accessKeyId || !scopeDate || !region || !service || terminator !== 'aws4_request') {
    throw incomplete('Credential must have the form key/YYYYMMDD/region/service/aws4_request.');
  }
  return {
    accessKeyId,
    scopeDate,
    region,
    service,
    signedHeaders: signedHeaders.split(';'),
    signature,
    date,
    sessionToken: found.sessionToken,
    expiresSeconds: found.expiresSeconds,
    inQuery: found.inQuery,
  };
}

/** `Date: Sat, 21 Nov 2026 11:45:01 GMT` in ISO 8601's basic form. */
function basicDate(value: string | undefined): string | undefined {
  if (value === undefined || /^\d{8}T\d{6}Z$/.test(value)) return value;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) return undefined;
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function splitOnce(value: string, separator: string): [string, string] {
  const at = value.indexOf(separator);
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + separator.length)];
}

function incomplete(message: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', message);
}
