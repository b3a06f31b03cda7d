import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { type Behaviour, PutMediaService } from './support/put-media-service.ts';

// What a service that answers and refuses sees, and what the application hears of it.

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };

const ANSWERS: readonly [string, Behaviour, string][] = [
  [
    '400 invalid argument',
    { status: 400, headers: { 'x-amzn-ErrorType': 'InvalidArgumentException' } },
    'STATUS_SERVICE_CALL_INVALID_ARG_ERROR',
  ],
  ['400 without a word', { status: 400 }, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  ['403', { status: 403 }, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  ['404', { status: 404 }, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR'],
  ['429', { status: 429 }, 'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR'],
  ['500', { status: 500 }, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  ['503', { status: 503 }, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
];

for (const [what, behaviour, code] of ANSWERS) {
  for (const jitter of [0, 0.999]) {
    test(`${what} to every PutMedia (jitter ${jitter}): a handful of requests in 10 s, reported within 1 s`, async () => {
      await using service = new PutMediaService();
      await service.listen();
      service.behave = () => behaviour;
      const clock = new ManualClock();
      const { endpoint } = service;
      using harness = new Harness({ endpoint, clock, random: () => jitter, settings: PATIENT });
      const producer = new TestProducer(harness.source);
      producer.fragments(2);
      harness.uploader.start();
      assert.ok(
        await clock.run(1000, () => harness.heard.errors.length > 0),
        'reported within 1 s',
      );
      assert.equal(harness.errorCodes[0], code);
      assert.equal(harness.heard.errors[0]?.fatal, false);
      for (let second = 0; second < 9; second++) {
        producer.fragment();
        await clock.run(1000);
      }
      const { calls } = harness.controlPlane;
      assert.ok(service.sessions.length <= 5, `${service.sessions.length} PutMedia requests`);
      assert.ok(service.sessions.length >= 2, 'it does try again');
      assert.ok(calls.describe + calls.endpoint <= 10, 'the control plane is spared as well');
      if (what === '429') {
        assert.equal(calls.endpoint, 1, 'throttling says nothing against the endpoint');
      }
      assert.equal(harness.source.size, 11, 'the buffer is kept');
      await waitFor(() => harness.source.pinned === 0, 'the last refusal has come');
    });
  }
}

for (const [what, behaviour] of ANSWERS) {
  test(`${what} three times, then 200: nothing is lost`, async () => {
    await using service = new PutMediaService();
    await service.listen();
    service.behave = (request) => (request < 3 ? behaviour : {});
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    const producer = new TestProducer(harness.source);
    harness.uploader.start();
    producer.fragments(5);
    await clock.run(40_000, () => service.sessions.length === 4);
    producer.fragments(2);
    producer.complete();
    const drained = harness.uploader.drain(100_000);
    await clock.run(50_000, () => harness.source.size === 0);
    await drained;
    assert.deepEqual(service.persistedFrames, [...Array(21).keys()]);
    assert.deepEqual(service.problems, []);
  });
}

test('a 400 is read: throttling, a wrong endpoint, old credentials and a wrong clock are distinguished', async () => {
  const cases: [string, string, string, (harness: Harness) => unknown][] = [
    [
      'ClientLimitExceededException',
      'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
      'too many',
      ({ controlPlane, refreshes }) => [controlPlane.calls.endpoint, refreshes],
    ],
    [
      'InvalidEndpointException',
      'STATUS_SERVICE_CALL_UNKOWN_ERROR',
      'wrong endpoint',
      ({ controlPlane, refreshes }) => [controlPlane.calls.endpoint, refreshes],
    ],
    [
      'ExpiredTokenException',
      'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
      'expired',
      ({ controlPlane, refreshes }) => [controlPlane.calls.endpoint, refreshes],
    ],
    [
      'RequestTimeTooSkewed',
      'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
      'check the clock',
      ({ controlPlane, refreshes }) => [controlPlane.calls.endpoint, refreshes],
    ],
  ];
  const expected = [
    [1, [false, false]],
    [2, [false, false]],
    [1, [false, true, false]],
    [1, [false, false]],
  ];
  for (const [at, [exception, code, message, look]] of cases.entries()) {
    await using service = new PutMediaService();
    await service.listen();
    service.behave = (request) =>
      request === 0
        ? {
            status: 400,
            headers: { 'x-amzn-RequestId': 'r-1' },
            body: JSON.stringify({ __type: `com.amazonaws#${exception}`, Message: message }),
          }
        : {};
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    const producer = new TestProducer(harness.source);
    producer.fragments(2);
    harness.uploader.start();
    assert.ok(await clock.run(10_000, () => service.persistedFrames.length === 3), exception);
    assert.equal(harness.errorCodes[0], code);
    const text = harness.heard.errors[0]?.error.message ?? '';
    assert.ok(text.includes(message) && text.includes(exception) && text.includes('r-1'), text);
    assert.deepEqual(look(harness), expected[at], exception);
  }
});

test('Retry-After is waited for', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) =>
    request === 0 ? { status: 429, headers: { 'retry-after': '20' } } : {};
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  new TestProducer(harness.source).fragments(2);
  harness.uploader.start();
  await waitFor(() => harness.heard.errors.length > 0, 'the refusal is reported');
  await clock.run(19_000, undefined, 500);
  assert.equal(service.sessions.length, 1);
  assert.ok(await clock.run(5_000, () => service.sessions.length === 2));
});

for (const status of [403, 400]) {
  test(`a first PutMedia that is refused with ${status} five times in a row is fatal`, async () => {
    await using service = new PutMediaService();
    await service.listen();
    const headers = status === 400 ? { 'x-amzn-ErrorType': 'InvalidArgumentException' } : {};
    service.behave = () => ({ status, headers });
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    new TestProducer(harness.source).fragments(2);
    harness.uploader.start();
    const isFatal = () => harness.heard.errors.some(({ fatal }) => fatal);
    assert.ok(await clock.run(60_000, isFatal, 500));
    assert.equal(service.sessions.length, 5);
    await assert.rejects(harness.uploader.drain(1000), { code: harness.errorCodes.at(-1) });
    assert.equal(harness.source.pinned, 0);
  });

  test(`a PutMedia refused with ${status} after one was accepted is never fatal`, async () => {
    await using service = new PutMediaService();
    await service.listen();
    const headers = status === 400 ? { 'x-amzn-ErrorType': 'InvalidArgumentException' } : {};
    service.behave = (request) => (request === 0 ? { resetAt: 1 } : { status, headers });
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    const producer = new TestProducer(harness.source);
    producer.fragments(3);
    harness.uploader.start();
    await clock.run(300_000, () => service.sessions.length > 20, 1000);
    assert.ok(service.sessions.length > 20);
    assert.equal(
      harness.heard.errors.some(({ fatal }) => fatal),
      false,
    );
    service.behave = () => ({});
    producer.complete();
    const drained = harness.uploader.drain(100_000);
    await clock.run(30_000, () => harness.source.size === 0);
    await drained;
    assert.deepEqual([...new Set(service.persistedFrames)], [...Array(9).keys()]);
  });
}

test('a 404 to PutMedia looks for the stream again, and creates it again if it is gone', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { status: 404 } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  new TestProducer(harness.source).fragments(2);
  harness.uploader.start();
  await clock.run(500, () => harness.heard.errors.length > 0);
  harness.controlPlane.exists = false;
  assert.ok(await clock.run(10_000, () => service.persistedFrames.length === 3));
  assert.equal(harness.controlPlane.calls.create, 1);
  assert.equal(harness.controlPlane.calls.describe, 3);
});

test('a stream that is deleted twice while it is sent to is made twice', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  for (let deletions = 1; deletions <= 2; deletions++) {
    await waitFor(() => harness.source.size === 1, 'the first fragment is settled');
    const open = service.sessions.length - 1;
    service.behave = (request) => (request === open + 1 ? { status: 404 } : {});
    harness.controlPlane.exists = false;
    service.sessions[open]?.socket.resetAndDestroy();
    producer.fragment();
    assert.ok(await clock.run(20_000, () => harness.source.size === 1), 'it goes on');
    assert.equal(harness.controlPlane.calls.create, deletions);
  }
});

test('without recovery a refused PutMedia is fatal at once', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ status: 500 });
  const clock = new ManualClock();
  const settings = { ...PATIENT, restartOnError: false };
  using harness = new Harness({ endpoint: service.endpoint, clock, settings });
  new TestProducer(harness.source).fragments(2);
  harness.uploader.start();
  assert.ok(await clock.run(1000, () => harness.heard.errors[0]?.fatal === true));
  await clock.run(20_000, undefined, 1000);
  assert.equal(service.sessions.length, 1);
});

test('a refusal whose connection is reset before its end is still a refusal', async () => {
  let seen = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      seen += 1;
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n{"Message":', () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    using harness = new Harness({ endpoint: `http://localhost:${port}` });
    new TestProducer(harness.source).fragment();
    harness.uploader.start();
    await waitFor(() => harness.heard.errors.length > 0, 'the refusal is reported');
    assert.equal(harness.errorCodes[0], 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
    assert.equal(seen, 1);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});
