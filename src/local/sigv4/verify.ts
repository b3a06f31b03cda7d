import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors/service-error.ts';
import { type Authorization, parseAuthorization } from './authorization.ts';
import { canonicalRequest, type SignedRequest, splitTarget } from './canonical.ts';
import type { CredentialMap, LocalCredential } from './credential-store.ts';

/** What the service accepts. */
export type VerifierSettings = {
  readonly credentials: CredentialMap;
  /** Name of the service in the credential scope. Default `kinesisvideo`, which all of KVS uses. */
  readonly service?: string;
  /** The only region in the credential scope; any, when undefined. */
  readonly region: string | undefined;
  /** Greatest difference between the two clocks, either way. */
  readonly maxSkewMs: number;
};

/** Who called, once the signature was found to be right. */
export type Caller = { readonly accessKeyId: string; readonly region: string };

/** SHA-256 of nothing: what a streaming request such as PutMedia signs for its body. */
const EMPTY_PAYLOAD_HASH = createHash('sha256').digest('hex');

/**
 * Verifies an AWS Signature Version 4.
 * @param payload The body, or `'streaming'` for one that is not known yet.
 * @throws ServiceError with the exception AWS's JSON services answer for the same fault.
 */
export function verifySignature(
  request: SignedRequest & { readonly isFromThisMachine: boolean },
  payload: Buffer | 'streaming',
  nowMs: number,
  settings: VerifierSettings,
): Caller {
  const header = (name: string): string | undefined => firstHeader(request.rawHeaders, name);
  const query = new URLSearchParams(splitTarget(request.target).query);
  const authorization = parseAuthorization(header, query);
  checkScope(authorization, settings);
  const credential = findCredential(authorization, settings.credentials, nowMs);
  if (credential.onlyFromThisMachine && !request.isFromThisMachine) {
    throw unrecognized('the local access key works on the machine of the service alone');
  }
  checkTime(authorization, nowMs, settings.maxSkewMs);
  checkSignedHeaders(authorization, request.rawHeaders);

  const key = signingKey(credential.secretAccessKey, authorization);
  for (const payloadHash of payloadHashes(header('x-amz-content-sha256'), payload)) {
    for (const collapseSpaces of [true, false]) {
      const canonical = canonicalRequest(
        request,
        authorization.signedHeaders,
        payloadHash,
        collapseSpaces,
      );
      const expected = createHmac('sha256', key).update(stringToSign(authorization, canonical));
      if (timingSafeEqual(expected.digest(), Buffer.from(authorization.signature, 'hex'))) {
        return { accessKeyId: authorization.accessKeyId, region: authorization.region };
      }
    }
  }
  throw new ServiceError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your ' +
      'AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

/** The hashes the client may have signed for the body it sends. */
function payloadHashes(declared: string | undefined, payload: Buffer | 'streaming'): string[] {
  if (payload === 'streaming') {
    const known = new Set([EMPTY_PAYLOAD_HASH, 'UNSIGNED-PAYLOAD']);
    if (declared === undefined) return [EMPTY_PAYLOAD_HASH, 'UNSIGNED-PAYLOAD'];
    return known.has(declared) || declared.startsWith('STREAMING-') ? [declared] : [];
  }
  const actual = createHash('sha256').update(payload).digest('hex');
  if (declared === undefined || declared === actual) return [actual];
  return declared === 'UNSIGNED-PAYLOAD' ? [declared] : [];
}

function checkScope(authorization: Authorization, settings: VerifierSettings): void {
  const { region, service, scopeDate, date } = authorization;
  const expected = settings.service ?? 'kinesisvideo';
  if (service !== expected) {
    throw invalid(`Credential should be scoped to correct service: '${expected}'.`);
  }
  if (settings.region !== undefined && region !== settings.region) {
    throw invalid(`Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (!date.startsWith(scopeDate)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${scopeDate}' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  }
}

function findCredential(
  { accessKeyId, sessionToken }: Authorization,
  credentials: CredentialMap,
  nowMs: number,
): LocalCredential {
  const credential = credentials.get(accessKeyId);
  if (credential === undefined || credential.sessionToken !== sessionToken) throw unrecognized();
  if (credential.expiresAtMs !== undefined && credential.expiresAtMs <= nowMs) {
    throw new ServiceError(
      'ExpiredTokenException',
      'The security token included in the request is expired',
    );
  }
  return credential;
}

function checkTime(authorization: Authorization, nowMs: number, maxSkewMs: number): void {
  const { date, expiresSeconds } = authorization;
  const signedMs = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (Number.isNaN(signedMs)) throw invalid(`'${date}' is not a date.`);
  const minutes = Math.round(maxSkewMs / 60_000);
  const validMs = expiresSeconds === undefined ? maxSkewMs : expiresSeconds * 1000;
  const now = basic(nowMs);
  if (nowMs - signedMs > validMs) {
    const limit = basic(nowMs - validMs);
    throw invalid(
      `Signature expired: ${date} is now earlier than ${limit} (${now} - ${minutes} min.)`,
    );
  }
  if (signedMs - nowMs > maxSkewMs) {
    const limit = basic(nowMs + maxSkewMs);
    throw invalid(
      `Signature not yet current: ${date} is still later than ${limit} (${now} + ${minutes} min.)`,
    );
  }
}

/** Host and the date must be covered; Amazon's C producer leaves out even the session token. */
function checkSignedHeaders({ signedHeaders }: Authorization, rawHeaders: readonly string[]): void {
  const missing: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const mustBeSigned = name === 'host' || name === 'x-amz-date';
    if (mustBeSigned && !signedHeaders.includes(name)) missing.push(name);
  }
  if (missing.length > 0) {
    throw invalid(`'${missing.join(', ')}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
}

function signingKey(secret: string, { scopeDate, region, service }: Authorization): Buffer {
  let key = createHmac('sha256', `AWS4${secret}`).update(scopeDate).digest();
  for (const part of [region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return key;
}

function stringToSign(authorization: Authorization, canonical: string): string {
  const { date, scopeDate, region, service } = authorization;
  const hash = createHash('sha256').update(canonical).digest('hex');
  return `AWS4-HMAC-SHA256\n${date}\n${scopeDate}/${region}/${service}/aws4_request\n${hash}`;
}

function firstHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] ?? '').toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

function basic(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** @param cause for the log: AWS says no more than that */
function unrecognized(cause?: string): ServiceError {
  return new ServiceError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    { cause },
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidSignatureException', message);
}
