import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSkew } from '../../src/aws/clock-skew.ts';
import { createSigner } from '../../src/aws/signer.ts';
import { systemClock } from '../../src/runtime/clock.ts';

test('PutMedia is signed over the header set of upstream', async () => {
  const sign = createSigner({ region: 'us-west-2' });
  const headers = await sign({
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

test('a measured clock difference is in the date of the signature', async () => {
  const clock = { ...systemClock, nowMs: () => Date.parse('2026-11-21T09:00:00Z') };
  const skew = new ClockSkew(clock);
  skew.observe('Sat, 21 Nov 2026 10:00:00 GMT');
  const headers = await createSigner({ region: 'us-west-2', skew })({
    method: 'POST',
    url: new URL('http://127.0.0.1:8080/putMedia'),
    headers: {},
    body: undefined,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    date: new Date(clock.nowMs()),
  });
  assert.equal(headers['x-amz-date'], '20261121T100000Z');
  assert.equal(headers['host'], '127.0.0.1:8080');
});
