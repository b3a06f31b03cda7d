import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, serviceFailure, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { ackLine, PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };
function frames(count: number): number[] {
  return [...Array(count).keys()];
}

test('drain with nothing sent and nothing to send is done at once', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  await harness.uploader.drain(10_000);
  harness.uploader.start();
  await harness.uploader.drain(10_000);
  assert.equal(service.sessions.length, 0);
});

test('drain sends the open fragment, an end-of-fragment tag, and waits for the last acknowledgement', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ acks: ['BUFFERING', 'RECEIVED'], keepOpen: true });
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  let isDrained = false;
  const drained = harness.uploader.drain(10_000).then(() => {
    isDrained = true;
  });
  await waitFor(() => service.sessions[0]?.bodyEnded === true, 'the body has ended');
  const session = service.sessions[0] ?? assert.fail();
  assert.equal(session.endedWithEofr, true);
  assert.equal(isDrained, false);
  session.send(ackLine('PERSISTED', session.fragments[0]?.timecode ?? 0n));
  await drained;
  await waitFor(() => session.closed, 'the connection is closed');
});

test('a fragment that ends with the tag does not get a second one', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  producer.complete(true);
  await harness.uploader.drain(10_000);
  assert.equal(service.sessions[0]?.fragments.length, 1);
  const expected = producer.format.headerBytes.byteLength + 18 + 3 * (13 + 64) + 84;
  assert.equal(service.sessions[0]?.bytes, expected);
});

test('drain goes on connecting while the service is away, and loses nothing', async () => {
  const probe = new PutMediaService();
  await probe.listen();
  const { port, endpoint } = probe;
  await probe.kill();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(4);
  await clock.run(2000);
  const drained = harness.uploader.drain(120_000);
  await clock.run(30_000, undefined, 1000);
  await using service = new PutMediaService();
  await service.listen(port);
  await clock.run(30_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(service.persistedFrames, frames(12));
});

test('drain gives up after its time-out, and says what is left', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ acks: ['BUFFERING'] });
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(3);
  await waitFor(() => harness.heard.acks.length === 3, 'all have arrived');
  const drained = assert.rejects(harness.uploader.drain(20_000), {
    code: 'STATUS_OPERATION_TIMED_OUT',
    message: /9 frames in 3 fragments \(360 ms\) were not acknowledged within 20 s/,
  });
  await clock.run(21_000, undefined, 500);
  await drained;
});

test('after the process was stopped, drain looks at what has arrived before it gives up', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ acks: ['BUFFERING', 'RECEIVED'], keepOpen: true });
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragment();
  const drained = harness.uploader.drain(20_000);
  await waitFor(() => service.sessions[0]?.bodyEnded === true, 'the body has ended');
  const session = service.sessions[0] ?? assert.fail();
  // The acknowledgement is in the socket when the timer finds a minute gone.
  session.send(ackLine('PERSISTED', session.fragments[0]?.timecode ?? 0n));
  clock.jump(60_000);
  await clock.run(1_000);
  await drained;
});

test('drain of a stream that was never found ends with its time-out', async () => {
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: 'http://localhost:9', clock });
  harness.controlPlane.always = { describe: serviceFailure('network') };
  new TestProducer(harness.source).fragments(1);
  harness.uploader.start();
  const drained = assert.rejects(harness.uploader.drain(30_000), {
    code: 'STATUS_OPERATION_TIMED_OUT',
  });
  await clock.run(31_000, undefined, 1000);
  await drained;
});

test('a session that fails during drain is followed by another that ends the stream', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request < 3 ? { resetAt: 1 } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(4);
  harness.uploader.start();
  const drained = harness.uploader.drain(120_000);
  await clock.run(60_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual([...new Set(service.persistedFrames)], frames(12));
  assert.equal(service.sessions.at(-1)?.endedWithEofr, true);
});

test('a service that ends its answer without the last acknowledgement gets the fragment again', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { acks: ['BUFFERING', 'RECEIVED'] } : {});
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(2);
  harness.uploader.start();
  const drained = harness.uploader.drain(120_000);
  await clock.run(30_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(harness.errorCodes, ['STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED']);
  assert.deepEqual(service.persistedFrames, frames(6));
});

test('a last acknowledgement that never comes is waited for, then the fragment is sent again', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { acks: ['BUFFERING'], keepOpen: true } : {});
  const clock = new ManualClock();
  const settings = { connectTimeoutMs: 600_000, completionTimeoutMs: 10_000 };
  using harness = new Harness({ endpoint: service.endpoint, clock, settings });
  new TestProducer(harness.source).fragments(1);
  harness.uploader.start();
  const drained = harness.uploader.drain(120_000);
  await clock.run(60_000, () => harness.source.size === 0, 1000);
  await drained;
  assert.deepEqual(harness.errorCodes, ['STATUS_PERSISTED_ACK_TIMEOUT']);
  assert.equal(service.sessions.length, 2);
});

for (const [state, acks] of [
  ['nothing was heard of', []],
  ['had only begun to arrive', ['BUFFERING']],
] as const) {
  test(`a connection that dies behind the last data is stale, too: what ${state} goes over a new one`, async () => {
    await using service = new PutMediaService();
    await service.listen();
    service.behave = (request) => (request === 0 ? { acks, keepOpen: true } : {});
    const clock = new ManualClock();
    const settings = { ...PATIENT, connectionStalenessMs: 3_000 };
    using harness = new Harness({ endpoint: service.endpoint, clock, settings });
    new TestProducer(harness.source).fragments(2);
    harness.uploader.start();
    await waitFor(() => service.sessions[0]?.fragments.length === 2, 'both arrive');
    const drained = harness.uploader.drain(120_000);
    await waitFor(() => service.sessions[0]?.bodyEnded === true, 'the body has ended');
    await clock.run(2_500, undefined, 500);
    assert.equal(service.sessions.length, 1, 'not before');
    await clock.run(3_500, () => harness.source.size === 0, 500);
    await drained;
    assert.deepEqual(harness.errorCodes, ['STATUS_PERSISTED_ACK_TIMEOUT']);
    assert.deepEqual(service.persistedFrames, frames(6));
  });
}

test('a connection over which all was received is not stale behind the last data', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ acks: ['BUFFERING', 'RECEIVED'], keepOpen: true });
  const clock = new ManualClock();
  const settings = { ...PATIENT, connectionStalenessMs: 3_000 };
  using harness = new Harness({ endpoint: service.endpoint, clock, settings });
  new TestProducer(harness.source).fragments(1);
  harness.uploader.start();
  const drained = harness.uploader.drain(120_000);
  await waitFor(() => harness.heard.acks.length === 2, 'it is received');
  await clock.run(15_000, undefined, 500);
  assert.equal(service.sessions.length, 1);
  const session = service.sessions[0] ?? assert.fail();
  session.send(ackLine('PERSISTED', session.fragments[0]?.timecode ?? 0n));
  await drained;
});

test('close ends everything at once, twice is once, and a pending drain is notified', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ acks: [] });
  using harness = new Harness({ endpoint: service.endpoint });
  new TestProducer(harness.source).fragments(2);
  harness.uploader.start();
  await waitFor(() => service.sessions[0]?.fragments.length === 2, 'both arrive');
  const drained = assert.rejects(harness.uploader.drain(60_000), {
    code: 'STATUS_STREAM_HAS_BEEN_STOPPED',
  });
  harness.uploader.close();
  harness.uploader.close();
  await drained;
  await waitFor(() => service.sessions[0]?.closed === true, 'the connection is closed');
  assert.equal(harness.source.pinned, 0);
  assert.equal(harness.source.onChange, undefined);
  assert.deepEqual(harness.heard.connections.filter(({ kind }) => kind === 'closed').length, 1);
  await assert.rejects(harness.uploader.drain(1), { code: 'STATUS_STREAM_HAS_BEEN_STOPPED' });
});
