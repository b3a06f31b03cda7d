import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { verifySignature } from '../../../src/local/sigv4/verify.ts';
import { sign } from '../support/client.ts';

const accessKeyId = 'AKIDTEST';
const secretAccessKey = 'secret/with+signs=';
const settings = {
  credentials: new Map([[accessKeyId, { secretAccessKey }]]),
  region: undefined,
  maxSkewMs: 300_000,
};

test("verifies what AWS's signer for JavaScript signs", async () => {
  const url = new URL('http://127.0.0.1:8480/describeStream');
  const body = Buffer.from('{"StreamName":"demo"}');
  const date = new Date('2026-11-21T11:45:01Z');
  const headers = await sign(url, { 'content-type': 'application/json' }, body, {
    accessKeyId,
    secretAccessKey,
    date,
    region: 'eu-central-1',
  });
  const request = {
    method: 'POST',
    target: '/describeStream',
    rawHeaders: Object.entries(headers).flat(),
    isFromThisMachine: true,
  };
  assert.deepEqual(verifySignature(request, body, date.getTime(), settings), {
    accessKeyId,
    region: 'eu-central-1',
  });
  assert.throws(() => verifySignature(request, Buffer.from('{}'), date.getTime(), settings));
});

test("verifies PutMedia as Amazon's C producer signs it: bare host, hop-by-hop headers, double spaces", () => {
  // What it signs and what not, seen on the wire: the session token and the content type are
  // added after signing, values are not collapsed, and the body counts as empty.
  const signed = [
    ['connection', 'keep-alive'],
    ['host', '127.0.0.1'],
    ['transfer-encoding', 'chunked'],
    ['user-agent', 'AWS-SDK-KVS-CPP-CLIENT/3.6.0  GCC/12.2.0 Linux'],
    ['x-amz-date', '20261121T092954Z'],
    ['x-amzn-stream-name', 't'],
  ];
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const empty = createHash('sha256').digest('hex');
  const canonical = `POST\n/putMedia\n\n${lines}\n${names}\n${empty}`;
  const scope = '20261121/us-west-2/kinesisvideo/aws4_request';
  const toSign = `AWS4-HMAC-SHA256\n20261121T092954Z\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (last, part) => createHmac('sha256', last).update(part).digest(),
      `AWS4${secretAccessKey}`,
    );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const rawHeaders = [
    ...['Host', '127.0.0.1', 'Accept', '*/*'],
    ...[
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    ],
    ...['connection', 'keep-alive', 'content-type', 'application/json'],
    ...['transfer-encoding', 'chunked'],
    ...['user-agent', 'AWS-SDK-KVS-CPP-CLIENT/3.6.0  GCC/12.2.0 Linux'],
    ...['X-Amz-Date', '20261121T092954Z', 'x-amzn-stream-name', 't', 'Expect', '100-continue'],
  ];
  const request = { method: 'POST', target: '/putMedia', rawHeaders, isFromThisMachine: false };
  const now = Date.parse('2026-11-21T09:30:00Z');
  assert.equal(verifySignature(request, 'streaming', now, settings).region, 'us-west-2');
});
