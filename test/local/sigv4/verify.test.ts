import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../../src/local/errors/service-error.ts';
import type { LocalCredential } from '../../../src/local/sigv4/credential-store.ts';
import { type VerifierSettings, verifySignature } from '../../../src/local/sigv4/verify.ts';

/** The key, the time and the host of AWS's Signature Version 4 test suite. */
const NOW = Date.parse('2015-08-30T12:36:00Z');
const credential: LocalCredential = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const settings: VerifierSettings = {
  credentials: new Map([['AKIDEXAMPLE', credential]]),
  service: 'service',
  region: undefined,
  maxSkewMs: 300_000,
};
const BASE = ['Host', 'example.amazonaws.com', 'X-Amz-Date', '20150830T123600Z'];

type Vector = {
  name: string;
  method?: string;
  target?: string;
  headers?: string[];
  signed?: string;
  body?: string;
  signature: string;
};

const vectors: Vector[] = [
  {
    name: 'get-vanilla',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    target: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-header-key-duplicate',
    headers: ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
    signed: 'host;my-header1;x-amz-date',
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  {
    name: 'get-header-value-trim',
    headers: ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
    signed: 'host;my-header1;my-header2;x-amz-date',
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'get-unreserved',
    target: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: ['Content-Type', 'application/x-www-form-urlencoded'],
    signed: 'content-type;host;x-amz-date',
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
];

function authorization(vector: Vector, signature = vector.signature): string {
  const signed = vector.signed ?? 'host;x-amz-date';
  return (
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
    `SignedHeaders=${signed}, Signature=${signature}`
  );
}

function request(vector: Vector, auth = authorization(vector)) {
  return {
    method: vector.method ?? 'GET',
    target: vector.target ?? '/',
    rawHeaders: [...BASE, ...(vector.headers ?? []), 'Authorization', auth],
    isFromThisMachine: false,
  };
}

for (const vector of vectors) {
  test(`verifies ${vector.name} of AWS's test suite`, () => {
    const body = Buffer.from(vector.body ?? '');
    assert.deepEqual(verifySignature(request(vector), body, NOW, settings), {
      accessKeyId: 'AKIDEXAMPLE',
      region: 'us-east-1',
    });
  });
}

const vanilla: Vector = vectors[0] as Vector;

/** The exception that a changed request is refused with. */
function refusal(change: {
  auth?: string;
  headers?: string[];
  nowMs?: number;
  body?: string;
  settings?: Partial<VerifierSettings>;
}): string {
  const { auth, headers, nowMs = NOW, body = '' } = change;
  try {
    verifySignature(
      { ...request(vanilla, auth), ...(headers === undefined ? {} : { rawHeaders: headers }) },
      Buffer.from(body),
      nowMs,
      { ...settings, ...change.settings },
    );
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.status, 403);
    return `${error.errorType}: ${error.message}`;
  }
  return 'accepted';
}

test('refuses a changed signature, a changed body and a changed header', () => {
  const flipped = vanilla.signature.replace(/^5/, '6');
  assert.match(
    refusal({ auth: authorization(vanilla, flipped) }),
    /^InvalidSignature.*does not match/,
  );
  assert.match(refusal({ body: 'x' }), /^InvalidSignature.*does not match/);
  const headers = request(vanilla).rawHeaders.with(1, 'example.com');
  assert.match(refusal({ headers }), /^InvalidSignature.*does not match/);
});

test('refuses a request without a signature, or with half of one', () => {
  assert.match(refusal({ headers: BASE }), /^MissingAuthenticationTokenException/);
  assert.match(refusal({ auth: 'Bearer x' }), /^IncompleteSignatureException.*AWS4-HMAC-SHA256/);
  for (const part of ['Credential', 'SignedHeaders', 'Signature']) {
    const auth = authorization(vanilla).replace(`${part}=`, 'Nothing=');
    assert.match(refusal({ auth }), new RegExp(`^IncompleteSignatureException.*'${part}'`));
  }
  const noDate = ['Host', 'x', 'Authorization', authorization(vanilla)];
  assert.match(refusal({ headers: noDate }), /^IncompleteSignatureException.*X-Amz-Date/);
  const badScope = authorization(vanilla).replace('/aws4_request', '');
  assert.match(refusal({ auth: badScope }), /^IncompleteSignatureException.*Credential/);
  const short = authorization(vanilla, 'abc');
  assert.match(refusal({ auth: short }), /^IncompleteSignatureException.*hex/);
});

test('refuses a date more than five minutes away, either way', () => {
  assert.equal(refusal({ nowMs: NOW + 299_000 }), 'accepted');
  assert.equal(refusal({ nowMs: NOW - 299_000 }), 'accepted');
  assert.match(
    refusal({ nowMs: NOW + 301_000 }),
    /^InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \(20150830T124101Z - 5 min\.\)$/,
  );
  assert.match(refusal({ nowMs: NOW - 301_000 }), /Signature not yet current/);
});

test('refuses another service, another region and a scope of another day', () => {
  assert.match(
    refusal({ settings: { service: 'kinesisvideo' } }),
    /correct service: 'kinesisvideo'/,
  );
  assert.match(refusal({ settings: { region: 'eu-west-1' } }), /valid region, not 'us-east-1'/);
  const auth = authorization(vanilla).replace('/20150830/', '/20150829/');
  assert.match(refusal({ auth }), /Date in Credential scope/);
});

test('refuses an unknown key, a missing, wrong or expired session token', () => {
  const auth = authorization(vanilla).replace('AKIDEXAMPLE', 'AKIDOTHER');
  assert.match(refusal({ auth }), /^UnrecognizedClientException/);
  const temporary = (extra: Partial<LocalCredential>) => ({
    credentials: new Map([['AKIDEXAMPLE', { ...credential, sessionToken: 'token', ...extra }]]),
  });
  assert.match(refusal({ settings: temporary({}) }), /^UnrecognizedClientException/);
  const withToken = (token: string) => [
    ...request(vanilla).rawHeaders,
    'X-Amz-Security-Token',
    token,
  ];
  assert.match(
    refusal({ headers: withToken('other'), settings: temporary({}) }),
    /^UnrecognizedClientException/,
  );
  assert.equal(refusal({ headers: withToken('token'), settings: temporary({}) }), 'accepted');
  assert.match(
    refusal({ headers: withToken('token'), settings: temporary({ expiresAtMs: NOW }) }),
    /^ExpiredTokenException/,
  );
});

test('refuses a signature that does not cover host or date', () => {
  const auth = authorization({ ...vanilla, signed: 'host' });
  assert.match(refusal({ auth }), /'x-amz-date' must be a 'SignedHeader'/);
});
