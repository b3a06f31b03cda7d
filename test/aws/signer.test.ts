import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createSigner } from '../../src/aws/signing/signer.ts';

test('PutMedia is signed over the header set of upstream', async () => {
  const sign = createSigner({ region: 'us-west-2' });
  const headers = sign({
    method: 'POST',
    url: new URL('https://s-1.kinesisvideo.us-west-2.amazonaws.com/putMedia'),
    headers: {
      connection: 'keep-alive',
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
      'user-agent': 'x',
      'x-amzn-fragment-acknowledgment-required': '1',
      'x-amzn-fragment-timecode-type': 'ABSOLUTE',
      'x-amzn-producer-start-timestamp': '1795253394.629',
      'x-amzn-stream-name': 't',
    },
    body: undefined,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' },
    date: new Date('2026-11-21T09:29:54Z'),
  });
  assert.match(
    headers['authorization'] ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/20261121\/us-west-2\/kinesisvideo\/aws4_request, SignedHeaders=connection;host;transfer-encoding;user-agent;x-amz-date;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name, Signature=[0-9a-f]{64}$/,
  );
  assert.equal(headers['x-amz-security-token'], 'TOKEN');
  assert.equal(headers['x-amz-content-sha256'], undefined);
  assert.equal(headers['host'], 's-1.kinesisvideo.us-west-2.amazonaws.com');
});

/**
 * A PutMedia request as upstream's kvssink 3.6.0 sends it, captured on loopback and signed with a
 * key made up for it.
 */
const CAPTURED = {
  connection: 'keep-alive',
  'content-type': 'application/json',
  'transfer-encoding': 'chunked',
  'user-agent': 'AWS-SDK-KVS-CPP-CLIENT/3.6.0/1.6.2 GCC/12.2.0 Linux/6.18.5 x86_64 CPPSDK',
  'x-amzn-fragment-acknowledgment-required': '1',
  'x-amzn-fragment-timecode-type': 'ABSOLUTE',
  'x-amzn-producer-start-timestamp': '1795253394.629',
  'x-amzn-stream-name': 't',
};

test("the captured request of upstream has the signature that the specification's steps give", async () => {
  const headers = createSigner({ region: 'us-west-2' })({
    method: 'POST',
    url: new URL('http://localhost/putMedia'),
    headers: CAPTURED,
    body: undefined,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    date: new Date('2026-11-21T09:29:54.999Z'),
  });
  // Written out from the SigV4 specification and the capture, not with the signer's library.
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const signed =
    'connection;host;transfer-encoding;user-agent;x-amz-date;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name';
  const canonical = [
    'POST',
    '/putMedia',
    '',
    'connection:keep-alive',
    'host:localhost',
    'transfer-encoding:chunked',
    `user-agent:${CAPTURED['user-agent']}`,
    'x-amz-date:20261121T092954Z',
    'x-amzn-fragment-acknowledgment-required:1',
    'x-amzn-fragment-timecode-type:ABSOLUTE',
    'x-amzn-producer-start-timestamp:1795253394.629',
    'x-amzn-stream-name:t',
    '',
    signed,
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ].join('\n');
  const scope = '20261121/us-west-2/kinesisvideo/aws4_request';
  const toSign = `AWS4-HMAC-SHA256\n20261121T092954Z\n${scope}\n${hash(canonical)}`;
  const key = ['us-west-2', 'kinesisvideo', 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    hmac('AWS4SECRET', '20261121'),
  );
  const signature = hmac(key, toSign).toString('hex');
  assert.equal(
    headers['authorization'],
    `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  );
});
