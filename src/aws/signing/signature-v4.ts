import { createHash, createHmac } from 'node:crypto';
import type { AwsCredentials } from './aws-credentials.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Hop-by-hop headers, and those that intermediaries change: AWS's SDKs sign none of them. */
const UNSIGNABLE: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);

/** Which headers a signature covers, beside the rule of AWS's SDKs. Names are in lower case. */
export type SignedHeaderRule = {
  /** Signed although the SDKs leave them out. */
  readonly also?: ReadonlySet<string>;
  /** Left out although the SDKs sign them. */
  readonly never?: ReadonlySet<string>;
};

/** A request, as far as its signature depends on it. */
export type SignableRequest = {
  readonly method: string;
  readonly url: URL;
  /** `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined is signed as empty. */
  readonly body: Uint8Array | undefined;
};

/** Whose signature, when, and over what. */
export type SignatureScope = {
  readonly region: string;
  readonly service: string;
  readonly credentials: AwsCredentials;
  readonly date: Date;
  readonly rule: SignedHeaderRule;
};

/**
 * Signs a request by AWS Signature Version 4, in its `Authorization` header
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 * @returns the headers to send: those given, and the three that the signature adds.
 */
export function signatureV4(
  request: SignableRequest,
  { region, service, credentials, date, rule }: SignatureScope,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const headers = {
    ...request.headers,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const signed = signedHeaders(headers, rule);
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body ?? ''),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  let key = hmac(`AWS4${secretAccessKey}`, day);
  for (const part of [region, service, 'aws4_request']) key = hmac(key, part);
  const signature = hmac(key, `${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`);
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`,
  };
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Name and value as they are signed, sorted by name. */
function signedHeaders(
  headers: Readonly<Record<string, string>>,
  { also, never }: SignedHeaderRule,
): (readonly [string, string])[] {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => also?.has(name) || !(isUnsignable(name) || never?.has(name)))
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => [name, value.replace(/\s+/g, ' ').trim()] as const);
}

function isUnsignable(name: string): boolean {
  return UNSIGNABLE.has(name) || name.startsWith('proxy-') || name.startsWith('sec-');
}

/** Each segment encoded once more than it is sent, as all services but S3 want it. */
function canonicalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.map(encode).join('/')}${end}`;
}

/** Sorted by encoded name, then by encoded value. */
function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, first], [b, second]) => compare(a, b) || compare(first, second))
    .map((pair) => pair.join('='))
    .join('&');
}

/** By code units, which is by bytes where all is ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** RFC 3986: all but its unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
