import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { controlPlaneFor, json, serve } from './support.ts';

const INFO = {
  StreamInfo: {
    StreamName: 'cam',
    StreamARN: 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1',
    Status: 'ACTIVE',
    DataRetentionInHours: 2,
    Version: 'v1',
    MediaType: 'video/h264',
  },
};

const rejection = async (promise: Promise<unknown>): Promise<KvsError> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KvsError, `not a KvsError: ${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: 'did not reject' });
};

test('describes a stream by name, with the user agent it was given', async () => {
  await using server = await serve((_, response) => json(response, 200, INFO));
  const plane = controlPlaneFor(server.url);
  const description = await plane.describeStream({ streamName: 'cam' });
  plane.close();
  assert.equal(description.status, 'ACTIVE');
  assert.equal(description.retentionHours, 2);
  const [seen] = server.seen;
  assert.equal(seen?.path, '/describeStream');
  assert.equal(seen?.headers['user-agent'], 'agent/1');
  assert.equal(seen?.headers['x-amz-user-agent'], undefined);
  assert.deepEqual(JSON.parse(seen?.body ?? ''), { StreamName: 'cam' });
  assert.match(
    seen?.headers['authorization'] ?? '',
    /Credential=AKID\/\d{8}\/us-west-2\/kinesisvideo/,
  );
});

test("an exception has its status and the service's own words", async () => {
  await using server = await serve((_, response) =>
    json(
      response,
      404,
      { Message: 'stream cam is not here' },
      {
        'x-amzn-ErrorType': 'ResourceNotFoundException',
      },
    ),
  );
  const plane = controlPlaneFor(server.url);
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.code, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR');
  assert.match(error.message, /stream cam is not here/);
  assert.equal(error.failure?.kind, 'not-found');
  assert.equal(server.seen.length, 1);
});

test('a call refused for its date is repeated with the time of the service', async () => {
  const serverTime = new Date(Date.now() + 3_600_000);
  await using server = await serve((request, response) => {
    const date = { date: serverTime.toUTCString() };
    const signedAt = String(request.headers['x-amz-date']).slice(0, 11);
    const now = serverTime.toISOString().replace(/[-:]/g, '').slice(0, 11);
    if (signedAt === now) {
      json(response, 200, INFO, date);
    } else {
      json(
        response,
        403,
        { message: 'Signature expired: too old' },
        {
          ...date,
          'x-amzn-ErrorType': 'InvalidSignatureException',
        },
      );
    }
  });
  const plane = controlPlaneFor(server.url);
  await plane.describeStream({ streamName: 'cam' });
  plane.close();
  assert.equal(server.seen.length, 2);
  assert.ok(Math.abs((plane.clockSkew?.offsetMs ?? 0) - 3_600_000) < 10_000);
});

test('a service that does not answer is a time-out after completion-timeout', async () => {
  await using server = await serve(() => {});
  const plane = controlPlaneFor(server.url, { completionTimeoutMs: 100 });
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.code, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
  assert.match(
    error.message,
    /DescribeStream got no answer from localhost:\d+: nothing within 100 ms/,
  );
});
