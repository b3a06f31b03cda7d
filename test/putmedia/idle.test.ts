import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };
function frames(count: number): number[] {
  return [...Array(count).keys()];
}

test('an intermittent producer’s session is ended after 30 s, and the next frame opens another', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let clip = 1; clip <= 3; clip++) {
    producer.fragments(2);
    await clock.run(20_000, undefined, 1000);
    producer.complete(true);
    await clock.run(29_000, undefined, 1000);
    assert.equal(service.sessions.length, clip);
    assert.equal(service.sessions[clip - 1]?.closed, false);
    await clock.run(3_000);
    await waitFor(() => service.sessions[clip - 1]?.closed === true, 'the session is ended');
    assert.deepEqual(harness.heard.connections.at(-1)?.kind, 'idle');
    await clock.run(600_000, undefined, 60_000);
    assert.equal(service.sessions.length, clip, 'no connection is held meanwhile');
  }
  assert.deepEqual(service.persistedFrames, frames(18));
  assert.deepEqual(harness.heard.errors, []);
  assert.equal(harness.source.size, 0);
});

test('an idle session that the service ends in mid-fragment is not opened again before there is data', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { acks: ['BUFFERING'] } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  await waitFor(() => service.sessions[0]?.fragments[0]?.frames.length === 3, 'it arrives');
  await clock.run(29_000, undefined, 1000);
  service.sessions[0]?.response.end();
  await waitFor(() => harness.heard.connections.at(-1)?.kind === 'idle', 'the end is noticed');
  await clock.run(120_000, undefined, 5_000);
  assert.equal(service.sessions.length, 1);
  assert.deepEqual(harness.heard.errors, []);
  producer.frame();
  await waitFor(() => service.sessions.length === 2, 'a frame opens a session');
  producer.fragment();
  await waitFor(() => harness.source.settled.length === 1, 'the first fragment is settled');
  assert.deepEqual(service.sessions[1]?.fragments[0]?.frames, frames(4), 'from its first frame on');
});

test('an idle session’s open fragment is sent whole when the stream ends', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { acks: ['BUFFERING'] } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  await waitFor(() => service.sessions[0]?.fragments[0]?.frames.length === 3, 'it arrives');
  await clock.run(29_000, undefined, 1000);
  service.sessions[0]?.response.end();
  await waitFor(() => harness.heard.connections.at(-1)?.kind === 'idle', 'the end is noticed');
  await harness.uploader.drain(10_000);
  assert.deepEqual(service.persistedFrames, frames(3));
});

test('a rotation that falls into a silence, and a silence into a rotation, do no harm', async () => {
  for (const silenceMs of [10_000, 25_000, 29_900, 30_100, 45_000]) {
    await using service = new PutMediaService();
    await service.listen();
    const clock = new ManualClock();
    const settings = { ...PATIENT, maxSessionMs: 60_000 };
    using harness = new Harness({ endpoint: service.endpoint, clock, settings });
    const producer = new TestProducer(harness.source);
    harness.uploader.start();
    producer.fragments(2);
    await clock.run(20_000, undefined, 2_000);
    producer.fragment();
    await clock.run(60_000 - 20_000 - silenceMs / 2, undefined, 2_000);
    producer.fragment();
    producer.complete(true);
    await clock.run(silenceMs, undefined, 500);
    producer.fragments(2);
    producer.complete(true);
    await waitFor(() => harness.source.size === 0, `all is settled after ${silenceMs} ms`);
    await clock.run(120_000, undefined, 5_000);
    assert.deepEqual(service.persistedFrames, frames(18), `silence of ${silenceMs} ms`);
    assert.deepEqual(harness.heard.errors, []);
    assert.deepEqual(harness.heard.connections.at(-1)?.kind, 'idle');
  }
});

test('without acknowledgements, an idle session that the service ends is not sent again', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  const settings = { ...PATIENT, fragmentAcks: false };
  using harness = new Harness({ endpoint: service.endpoint, clock, settings });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(3);
  await waitFor(() => service.sessions[0]?.fragments[2]?.frames.length === 3, 'all arrives');
  await clock.run(29_000, undefined, 1000);
  service.sessions[0]?.response.end();
  await waitFor(() => harness.heard.connections.at(-1)?.kind === 'idle', 'the end is noticed');
  assert.deepEqual(harness.heard.errors, []);
  producer.fragment();
  await harness.uploader.drain(10_000);
  assert.equal(service.sessions.length, 2);
  assert.equal(service.sessions[1]?.fragments[0]?.frames[0], 6);
});

test('a connection that is lost while nothing is on its way is no error, and the next frame opens another', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  producer.complete(true);
  await waitFor(() => harness.source.size === 0, 'all is settled');
  service.sessions[0]?.socket.resetAndDestroy();
  await waitFor(() => harness.heard.connections.at(-1)?.kind === 'idle', 'the loss is noticed');
  producer.fragment();
  producer.complete(true);
  await waitFor(() => service.persistedFrames.length === 6, 'the second fragment is persisted');
  assert.deepEqual(harness.heard.errors, []);
});

test('a service that answers and ends at once is not asked in a loop', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  service.behave = () => ({ acks: [], status: 200, body: '' });
  harness.uploader.start();
  producer.fragments(3);
  await clock.run(10_000);
  assert.ok(service.sessions.length <= 8, `${service.sessions.length} sessions in 10 s`);
  assert.equal(harness.source.size, 3);
});

test('a service that answers 200 and ends at once gets no hot loop from a live stream, and this is reported', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  service.behave = () => ({ acks: [], status: 200, body: '' });
  harness.uploader.start();
  producer.fragment();
  for (let passedMs = 0; passedMs < 10_000; passedMs += 100) {
    producer.frame();
    await clock.run(100);
  }
  assert.ok(service.sessions.length <= 8, `${service.sessions.length} sessions in 10 s`);
  assert.ok(harness.errorCodes.includes('STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED'));
});
