import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { controlPlaneFor, json, rejection, serve } from './support.ts';

const ARN = 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1';

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

test('what each call sends is what the API reference asks for', async () => {
  await using server = await serve((request, response) =>
    json(response, 200, request.path === '/createStream' ? { StreamARN: ARN } : {}),
  );
  const plane = controlPlaneFor(server.url);
  const created = await plane.createStream({
    streamName: 'cam "1"',
    deviceName: 'Kinesis_Video_Device',
    mediaType: 'video/h264',
    kmsKeyId: 'alias/kvs',
    retentionHours: 24,
  });
  await plane.createStream({ streamName: 'cam', retentionHours: 0, deviceName: '' });
  await plane.tagStream({ streamArn: ARN }, { a: 'b\nc' });
  await plane.tagStream({ streamName: 'cam' }, { a: 'b' });
  await plane.updateDataRetention(
    { streamArn: ARN },
    { currentVersion: 'v1', operation: 'DECREASE', hours: 3 },
  );
  await plane.updateDataRetention(
    { streamName: 'cam' },
    { currentVersion: 'v2', operation: 'INCREASE', hours: 1 },
  );
  plane.close();
  assert.equal(created.streamArn, ARN);
  assert.deepEqual(
    server.seen.map(({ path, body }) => [path, JSON.parse(body)]),
    [
      [
        '/createStream',
        {
          StreamName: 'cam "1"',
          DeviceName: 'Kinesis_Video_Device',
          MediaType: 'video/h264',
          KmsKeyId: 'alias/kvs',
          DataRetentionInHours: 24,
        },
      ],
      ['/createStream', { StreamName: 'cam', DataRetentionInHours: 0 }],
      ['/tagStream', { StreamARN: ARN, Tags: { a: 'b\nc' } }],
      ['/tagStream', { StreamName: 'cam', Tags: { a: 'b' } }],
      [
        '/updateDataRetention',
        {
          StreamARN: ARN,
          CurrentVersion: 'v1',
          Operation: 'DECREASE_DATA_RETENTION',
          DataRetentionChangeInHours: 3,
        },
      ],
      [
        '/updateDataRetention',
        {
          StreamName: 'cam',
          CurrentVersion: 'v2',
          Operation: 'INCREASE_DATA_RETENTION',
          DataRetentionChangeInHours: 1,
        },
      ],
    ],
  );
});

test('the data endpoint is asked for by name or ARN, for PutMedia', async () => {
  await using server = await serve((_, response) =>
    json(response, 200, { DataEndpoint: 'https://s-1.kinesisvideo.us-west-2.amazonaws.com' }),
  );
  const plane = controlPlaneFor(server.url);
  const endpoint = await plane.getDataEndpoint({ streamArn: ARN });
  plane.close();
  assert.equal(endpoint, 'https://s-1.kinesisvideo.us-west-2.amazonaws.com');
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), {
    StreamARN: ARN,
    APIName: 'PUT_MEDIA',
  });
});

for (const [what, answer, code] of [
  ['a data endpoint in plain http', { DataEndpoint: 'http://s-1.example' }, 'STATUS_INVALID_ARG'],
  ['no data endpoint', {}, 'STATUS_INVALID_URI_LEN'],
  [
    'an endless data endpoint',
    { DataEndpoint: `https://${'x'.repeat(10_000)}` },
    'STATUS_INVALID_URI_LEN',
  ],
] as const) {
  test(`${what} is refused`, async () => {
    await using server = await serve((_, response) => json(response, 200, answer));
    const plane = controlPlaneFor(server.url);
    const error = await rejection(plane.getDataEndpoint({ streamName: 'cam' }));
    plane.close();
    assert.equal(error.code, code);
  });
}

test('a description without a stream, or an answer that is no JSON, is an error of its own', async () => {
  await using empty = await serve((_, response) => json(response, 200, {}));
  const plane = controlPlaneFor(empty.url);
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.code, 'STATUS_INVALID_DESCRIBE_STREAM_RESPONSE');
  await using html = await serve((_, response) => response.end('<html>'));
  const other = controlPlaneFor(html.url);
  const odd = await rejection(other.describeStream({ streamName: 'cam' }));
  other.close();
  assert.equal(odd.code, 'STATUS_SERVICE_CALL_UNKOWN_ERROR');
});

test('credentials are taken at the moment of signing, and their failure is the answer', async () => {
  await using server = await serve((_, response) => json(response, 200, INFO));
  let number = 0;
  const plane = controlPlaneFor(server.url, {
    credentials: {
      name: 'test',
      get: async () => {
        number += 1;
        if (number === 3) throw new KvsError('STATUS_IOT_FAILED', 'no more');
        return { accessKeyId: `KEY${number}`, secretAccessKey: 's', sessionToken: 'session' };
      },
    },
  });
  await plane.describeStream({ streamName: 'cam' });
  await plane.describeStream({ streamName: 'cam' });
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.deepEqual(
    server.seen.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]),
    ['KEY1', 'KEY2'],
  );
  assert.equal(server.seen[0]?.headers['x-amz-security-token'], 'session');
  assert.equal(error.code, 'STATUS_IOT_FAILED');
});

test('a refused connection names where it went', async () => {
  const plane = controlPlaneFor(new URL('http://127.0.0.1:1/'));
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.failure?.kind, 'network');
  assert.match(error.message, /DescribeStream got no answer from 127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test('a kept connection that the service closes meanwhile is no failure of a call that only asks', async () => {
  let kept: unknown;
  await using server = await serve((_, response) => {
    const { socket } = response;
    if (socket === kept) {
      socket?.destroy();
    } else {
      kept = socket;
      json(response, 200, { ...INFO, StreamARN: ARN });
    }
  });
  const plane = controlPlaneFor(server.url);
  await plane.describeStream({ streamName: 'cam' });
  assert.equal((await plane.describeStream({ streamName: 'cam' })).status, 'ACTIVE');
  assert.equal(server.seen.length, 3);
  // It may have been done already.
  const error = await rejection(plane.createStream({ streamName: 'cam', retentionHours: 1 }));
  plane.close();
  assert.equal(error.failure?.kind, 'network');
  assert.equal(server.seen.length, 4);
});

test('a connection that does not stand after connection-timeout, TLS included, is given up', async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const plane = controlPlaneFor(new URL(`https://127.0.0.1:${port}/`), { connectTimeoutMs: 50 });
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  mute.close();
  assert.equal(error.code, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
  assert.match(error.message, /no connection within 50 ms/);
});

test('credentials that never come are a time-out that names their provider', async () => {
  await using server = await serve((_, response) => json(response, 200, INFO));
  const plane = controlPlaneFor(server.url, {
    completionTimeoutMs: 50,
    credentials: { name: 'vault', get: () => new Promise(() => {}) },
  });
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.failure?.kind, 'timeout');
  assert.match(error.message, /no credentials from vault within 50 ms/);
  assert.equal(server.seen.length, 0);
});

test('closing gives up the calls that are under way', async () => {
  await using server = await serve(() => plane.close());
  const plane = controlPlaneFor(server.url);
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  assert.equal(error.code, 'STATUS_CLIENT_SHUTTING_DOWN');
});

test('plain http to another machine is refused when the control plane is made', () => {
  assert.throws(() => controlPlaneFor(new URL('http://192.0.2.1/')), /plain http to another/);
});

for (const status of [200, 400, 500]) {
  test(`an answer of ${status} without an end is given up after 64 KiB, with a sentence`, async () => {
    const part = Buffer.alloc(16 * 1024, ' ');
    let onClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    let writtenBytes = 0;
    await using server = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      const write = (): void => {
        do writtenBytes += part.byteLength;
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', write);
      response.on('close', () => onClosed());
      write();
    });
    const plane = controlPlaneFor(server.url);
    const error = await rejection(plane.describeStream({ streamName: 'cam' }));
    await closed;
    plane.close();
    assert.match(error.message, /localhost:\d+ answered with more than 65536 bytes/);
    // What lies in the sockets' buffers was written and never read.
    assert.ok(writtenBytes < 16 * 1024 * 1024, `${writtenBytes} bytes were written`);
  });
}
