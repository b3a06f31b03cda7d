import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { makeFormat, TestProducer } from './support/media.ts';
import { ackLine, PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };
function frames(count: number): number[] {
  return [...Array(count).keys()];
}
function unique(numbers: number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

test('upstream’s fault: resets in mid-stream lose nothing, and only what was not acknowledged comes twice', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request < 3 ? { resetAt: 4 } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let fragment = 0; fragment < 30; fragment++) {
    producer.fragment();
    await clock.run(500);
  }
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(30_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(unique(service.persistedFrames), frames(90));
  const twice = service.persistedFrames.length - 90;
  assert.ok(twice <= 9, `${twice} frames came twice`);
  assert.equal(service.sessions.length, 4);
  assert.deepEqual(service.problems, [], 'every body begins with a header');
  assert.equal(harness.uploader.counters.reconnects, 3);
});

for (const delayMs of [1, 1_000, 20_000]) {
  test(`upstream’s fault: a service killed and back after ${delayMs} ms loses nothing`, async () => {
    const service = new PutMediaService();
    await service.listen();
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    const producer = new TestProducer(harness.source);
    harness.uploader.start();
    for (let fragment = 0; fragment < 5; fragment++) {
      producer.fragment();
      await clock.run(200);
    }
    producer.begin();
    producer.frame();
    await clock.run(200);
    await service.kill();
    producer.frame();
    const step = Math.min(delayMs, 1000);
    for (let passedMs = 0; passedMs < delayMs; passedMs += step) {
      await clock.run(step);
      producer.fragment();
    }
    await using again = new PutMediaService();
    await again.listen(service.port);
    const wanted = producer.frames;
    producer.complete();
    const drained = harness.uploader.drain(60_000);
    await clock.run(30_000, () => harness.source.size === 0);
    await drained;
    const all = unique([...service.persistedFrames, ...again.persistedFrames]);
    assert.deepEqual(all, frames(wanted));
    assert.deepEqual(again.problems, []);
    assert.ok(harness.heard.errors.length < 25, 'no hot loop');
  });
}

test('upstream’s fault: an answer that ends while we send is noticed at once', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(4);
  await clock.run(2000, () => service.sessions[0]?.fragments.length === 4);
  service.sessions[0]?.response.end();
  await clock.run(2000, () => service.sessions.length === 2);
  producer.fragments(3);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(10_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(unique(service.persistedFrames), frames(21));
});

test('upstream’s fault: a request that is never answered is given up and repeated', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { silent: true } : {});
  const clock = new ManualClock();
  const settings = { connectTimeoutMs: 600_000, completionTimeoutMs: 10_000 };
  using harness = new Harness({ endpoint: service.endpoint, clock, settings });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  await clock.run(28_000, undefined, 500);
  assert.equal(service.sessions.length, 1);
  assert.ok(await clock.run(10_000, () => service.sessions.length === 2, 500));
  assert.deepEqual(harness.errorCodes, ['STATUS_SERVICE_CALL_TIMEOUT_ERROR']);
  await waitFor(() => service.persistedFrames.length === 3, 'the first fragment is persisted');
});

test('upstream’s fault: a frozen service holds no more than the window, and is given up after 30 s', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { deaf: true } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source, { frameBytes: 256 * 1024 });
  harness.uploader.start();
  for (let second = 0; second < 60; second++) {
    producer.fragment(1);
    await clock.run(500, undefined, 500);
    if (service.sessions.length === 1) {
      assert.ok(harness.source.pinned <= 3, `${harness.source.pinned} fragments are pinned`);
    }
  }
  await clock.run(60_000, () => service.sessions.length >= 2, 500);
  await waitFor(() => harness.source.settled.length === 59, 'all but the open fragment is settled');
  assert.deepEqual(service.persistedFrames, frames(59));
  assert.equal(harness.errorCodes[0], 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
  assert.ok(harness.uploader.counters.transferredBytes < 2 * 60 * 256 * 1024);
});

test('what is not answered yet gets 64 KiB at most for the first second, and everything then', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ silent: true });
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source, { frameBytes: 30_000 });
  producer.fragments(10, 1);
  harness.uploader.start();
  await clock.run(500, undefined, 500);
  await waitFor(() => (service.sessions[0]?.bytes ?? 0) > 60_000, 'the first frames arrive');
  assert.ok(harness.uploader.counters.transferredBytes < 100_000);
  await clock.run(3_000);
  await waitFor(() => (service.sessions[0]?.bytes ?? 0) > 300_000, 'the rest arrives');
});

test('resetConnection sends on in a new session what is not acknowledged, and nothing else', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(4);
  await waitFor(() => harness.source.settled.length === 3, 'three are settled');
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'asked for'));
  assert.equal(harness.source.pinned, 0, 'let go at once');
  producer.fragments(3);
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.equal(service.sessions.length, 2);
  assert.deepEqual(unique(service.persistedFrames), frames(21));
  assert.equal(service.sessions[1]?.fragments[0]?.frames[0], 9);
  assert.deepEqual(harness.heard.errors, []);
});

test('an acknowledgement of a session that is gone changes nothing', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { acks: ['BUFFERING'] } : {});
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  await waitFor(() => harness.heard.acks.length === 2, 'both are buffering');
  const old = service.sessions[0] ?? assert.fail();
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'asked for'));
  old.send(ackLine('PERSISTED', old.fragments[1]?.timecode ?? 0n));
  await waitFor(() => harness.source.settled.length === 1, 'the new session settles the first');
  assert.deepEqual(harness.source.settled, [0]);
});

test('a fragment that is dropped while half of it is sent ends the session, and the next one follows', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { deaf: true } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source, { frameBytes: 12_000_000 });
  producer.fragment(1);
  producer.fragment(1);
  harness.uploader.start();
  await clock.run(3000, () => harness.source.pinned === 1 && service.sessions.length === 1);
  await clock.run(3000);
  harness.source.drop(0);
  await clock.run(1000, () => harness.heard.errors.length > 0);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(90_000, () => harness.source.size === 0, 1000);
  await drained;
  assert.deepEqual(service.persistedFrames, [1]);
  assert.deepEqual(service.sessions[1]?.problem, undefined);
});

test('fragments that were dropped before they were sent are passed over', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  producer.fragments(6);
  for (const index of [0, 1, 3]) harness.source.drop(index);
  harness.uploader.start();
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.deepEqual(service.persistedFrames, [6, 7, 8, 12, 13, 14, 15, 16, 17]);
  assert.equal(service.sessions.length, 1);
});

test('another format gets another session, with its own header, and nothing is lost or repeated', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  producer.format = makeFormat('second');
  producer.fragments(2);
  producer.format = makeFormat('third', 12_005);
  producer.fragments(2);
  producer.complete();
  await harness.uploader.drain(20_000);
  assert.deepEqual(
    service.sessions.map(({ fragments }) => fragments.flatMap((fragment) => fragment.frames)),
    [frames(6), [6, 7, 8, 9, 10, 11], [12, 13, 14, 15, 16, 17]],
  );
  assert.equal(service.sessions[2]?.headers['x-amzn-producer-start-timestamp'], '12.005');
  assert.deepEqual(service.problems, []);
  assert.deepEqual(harness.heard.errors, []);
  assert.ok(service.sessions.every(({ endedWithEofr }) => endedWithEofr));
});

test('service absent for 10 s at the start: every frame arrives', async () => {
  const probe = new PutMediaService();
  await probe.listen();
  const { port } = probe;
  await probe.kill();
  const clock = new ManualClock();
  const endpoint = `http://localhost:${port}`;
  using harness = new Harness({ endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let second = 0; second < 10; second++) {
    producer.fragment();
    await clock.run(1000);
  }
  assert.ok(harness.heard.errors.length >= 3 && harness.heard.errors.length <= 12);
  await using service = new PutMediaService();
  await service.listen(port);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(30_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(service.persistedFrames, frames(30));
  assert.ok(harness.heard.connections.some(({ kind }) => kind === 'streaming'));
});

test('a fragment that is sent again is unacknowledged again, until the new session says otherwise', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) =>
    request === 0 ? { acks: ['BUFFERING', 'RECEIVED'] } : { acks: [] };
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  await waitFor(() => harness.source.get(0)?.ack === 'received', 'the first is received');
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'asked for'));
  await waitFor(() => service.sessions[1]?.fragments.length === 2, 'both are sent again');
  assert.equal(harness.source.get(0)?.ack, 'none');
});

test('a service that ends each session after a fragment sees at most five requests in a second', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ endAfter: 1 });
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let fragment = 0; fragment < 20; fragment++) {
    producer.fragment();
    producer.complete(true);
    await clock.run(50, undefined, 50);
  }
  assert.ok(service.sessions.length <= 6, `${service.sessions.length} sessions in a second`);
  await clock.run(60_000, () => harness.source.size === 0, 200);
  assert.equal(harness.source.size, 0);
  assert.ok(service.sessions.length >= 3, `${service.sessions.length} sessions`);
});
