import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  DescribeStreamCommand,
  GetDataEndpointCommand,
  KinesisVideoClient,
  ListStreamsCommand,
} from '@aws-sdk/client-kinesis-video';
import type { LocalService } from '../../../src/local/options.ts';
import { startLocalService } from '../../../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { call, createStream } from '../support/client.ts';
import { beginPutMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

// AWS's own client says what an answer means: one service, and one client that tries once.
let service: LocalService;
let client: KinesisVideoClient;
const dataDir = mkdtempSync(join(tmpdir(), 'kvs-local-test-'));

before(async () => {
  service = await startLocalService({ dataDir });
  client = clientWith();
  await createStream(service.url, 'demo');
  await createStream(service.url, 'other');
});

after(async () => {
  client.destroy();
  await service.close();
  rmSync(dataDir, { recursive: true });
});

function clientWith(maxAttempts = 1): KinesisVideoClient {
  return new KinesisVideoClient({
    region: 'us-west-2',
    endpoint: service.url,
    maxAttempts,
    credentials: { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY },
  });
}

function describe(StreamName: string, by = client): Promise<unknown> {
  return by.send(new DescribeStreamCommand({ StreamName }));
}

test('an error is limited by stream, operation, skip, every and count', async () => {
  using fault = service.faults.add({
    kind: 'error',
    status: 500,
    stream: 'demo',
    operation: 'DescribeStream',
    skip: 1,
    every: 2,
    count: 2,
  });
  await client.send(new GetDataEndpointCommand({ StreamName: 'demo', APIName: 'PUT_MEDIA' }));
  await describe('other');
  const outcomes: string[] = [];
  for (let i = 0; i < 6; i++) {
    outcomes.push(
      await describe('demo').then(
        () => 'ok',
        ({ name, $metadata }) => `${name} ${$metadata.httpStatusCode}`,
      ),
    );
  }
  const failed = 'InternalFailure 500';
  assert.deepEqual(outcomes, ['ok', failed, 'ok', failed, 'ok', 'ok']);
  assert.deepEqual([fault.strikes, fault.state], [2, 'spent']);
});

test('a stream is recognized by its ARN, and in PutMedia’s headers', async () => {
  const { StreamInfo } = await client.send(new DescribeStreamCommand({ StreamName: 'demo' }));
  using fault = service.faults.add({ kind: 'error', status: 503, stream: 'demo' });
  const StreamARN = StreamInfo?.StreamARN;
  await assert.rejects(client.send(new DescribeStreamCommand({ StreamARN })), {
    name: 'ServiceUnavailable',
  });
  const { request, response } = await beginPutMedia(service.url, 'demo');
  assert.equal(response.statusCode, 503);
  request.destroy();
  assert.equal(fault.strikes, 2);
});

test('an error has the exception, text and Retry-After that were asked for, or a proxy’s HTML', async () => {
  {
    using _fault = service.faults.add({
      kind: 'error',
      status: 429,
      exception: 'LimitExceededException',
      message: 'too many',
      retryAfterS: 7,
    });
    const { status, errorType, headers, body } = await call(service.url, '/listStreams', {});
    assert.deepEqual([status, errorType], [429, 'LimitExceededException']);
    assert.equal(headers['retry-after'], '7');
    assert.equal(body['Message'], 'too many');
  }
  using _fault = service.faults.add({ kind: 'error', status: 502, html: '<h1>Bad Gateway</h1>' });
  await assert.rejects(
    client.send(new ListStreamsCommand({})),
    ({ $response }) => $response?.headers['content-type'] === 'text/html',
  );
});

test('AWS’s client gets past an error and a dropped connection that come once', async () => {
  const patient = clientWith(3);
  using error = service.faults.add({ kind: 'error', status: 500, count: 1 });
  using drop = service.faults.add({ kind: 'drop', skip: 1, count: 1 });
  await describe('demo', patient);
  assert.deepEqual([error.strikes, drop.strikes], [1, 1]);
  patient.destroy();
});

test('throttling lets so many calls of each second pass', async (t) => {
  let second = 0;
  const clock = { ...systemClock, monotonicMs: () => second * 1_000 };
  const { url, faults } = await startService(t, { clock });
  const fault = faults.add({ kind: 'throttle', perSecond: 2, operation: 'ListStreams' });
  const outcomes: (string | undefined)[] = [];
  for (second = 0; second < 2; second++) {
    for (let i = 0; i < 4; i++) outcomes.push((await call(url, '/listStreams', {})).errorType);
  }
  const refused = 'ClientLimitExceededException';
  const each = [undefined, undefined, refused, refused];
  assert.deepEqual(outcomes, [...each, ...each]);
  assert.equal(fault.strikes, 4);
});

test('credentials expire all at once, or one access key alone', async () => {
  {
    using _fault = service.faults.add({ kind: 'expired-credentials', accessKeyId: 'AKIAOTHER' });
    await describe('demo');
  }
  using _fault = service.faults.add({
    kind: 'expired-credentials',
    accessKeyId: LOCAL_ACCESS_KEY_ID,
  });
  await assert.rejects(describe('demo'), { name: 'ExpiredTokenException' });
});

test('with a clock that is an hour wrong, signatures expire, and AWS’s client corrects itself', async () => {
  for (const skewMs of [3_600_000, -3_600_000]) {
    using fault = service.faults.add({ kind: 'clock-skew', skewMs });
    const refused = await call(service.url, '/listStreams', {});
    assert.equal(refused.errorType, 'InvalidSignatureException');
    const { date = '' } = refused.headers;
    assert.ok(Math.abs(Date.parse(date) - Date.now() - skewMs) < 60_000, date);
    const patient = clientWith(3);
    await describe('demo', patient);
    assert.equal(fault.strikes, 3, 'once for the test, and twice for the client');
    patient.destroy();
  }
});

test('an answer is late until the fault is removed', async () => {
  const fault = service.faults.add({ kind: 'delay', delayMs: 86_400_000, count: 1 });
  const answer = describe('demo');
  await fault.struck();
  fault.remove();
  await answer;
});
