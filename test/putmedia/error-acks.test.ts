import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK_ERRORS } from '../../src/putmedia/session/ack-errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { errorLine, PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };
function frames(count: number): number[] {
  return [...Array(count).keys()];
}
function without(all: number[], gone: number[]): number[] {
  return all.filter((n) => !gone.includes(n));
}

for (const { errorId, name, status, action } of [
  ...ACK_ERRORS.values(),
  {
    errorId: 4999,
    name: 'NEW_ERROR',
    status: 'STATUS_ACK_ERR_UNKNOWN_ACK_ERROR',
    action: 'retry' as const,
  },
]) {
  test(`error acknowledgement ${errorId} ${name} in mid-stream: ${action}`, async () => {
    await using service = new PutMediaService();
    await service.listen();
    service.behave = (request) => (request === 0 ? { errorAt: { fragment: 2, errorId } } : {});
    const clock = new ManualClock();
    using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
    const producer = new TestProducer(harness.source);
    harness.uploader.start();
    producer.fragments(6);
    await clock.run(2000, () => harness.heard.errors.length > 0);
    const told = harness.heard.errors[0] ?? assert.fail();
    assert.equal(told.error.code, status);
    assert.equal(told.index, 2);
    assert.equal(told.fatal, action === 'fatal');
    assert.equal(harness.uploader.counters.errorAcks, 1);
    if (action === 'fatal') {
      await clock.run(60_000, undefined, 1000);
      assert.equal(service.sessions.length, 1);
      await assert.rejects(harness.uploader.drain(1000), { code: status });
      assert.deepEqual(harness.heard.connections.at(-1)?.kind, 'failed');
      assert.equal(harness.source.pinned, 0);
      return;
    }
    producer.complete();
    const drained = harness.uploader.drain(60_000);
    await clock.run(30_000, () => harness.source.size === 0);
    await drained;
    const isSkipped = action === 'skip';
    const expected = isSkipped ? without(frames(18), [6, 7, 8]) : frames(18);
    assert.deepEqual(
      service.persistedFrames.toSorted((a, b) => a - b),
      expected,
    );
    assert.deepEqual(harness.source.rejected, isSkipped ? [{ index: 2, reason: 'rejected' }] : []);
    assert.equal(harness.uploader.counters.skippedFragments, isSkipped ? 1 : 0);
    assert.equal(service.sessions.length, 2);
    assert.deepEqual(service.problems, []);
    assert.equal(
      harness.heard.errors.some(({ fatal }) => fatal),
      false,
    );
  });
}

test('an error acknowledgement at the head, while the fragment is being sent', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(3);
  harness.uploader.start();
  await clock.run(2000, () => service.sessions[0]?.fragments[2]?.frames.length === 3);
  const session = service.sessions[0] ?? assert.fail();
  session.send(errorLine(session.fragments[2]?.timecode ?? 0n, 4006));
  await clock.run(2000, () => harness.heard.errors.length > 0);
  assert.deepEqual(harness.source.rejected, [{ index: 2, reason: 'rejected' }]);
  producer.fragments(2);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(30_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(service.persistedFrames, without(frames(15), [6, 7, 8]));
});

test('an error acknowledgement without a timecode is for the fragment being sent', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(2);
  harness.uploader.start();
  await clock.run(2000, () => harness.source.settled.length === 1);
  service.sessions[0]?.send('{"EventType":"ERROR","ErrorId":4006}\r\n');
  await clock.run(2000, () => harness.heard.errors.length > 0);
  assert.equal(harness.heard.errors[0]?.index, 1);
  assert.deepEqual(harness.source.rejected, [{ index: 1, reason: 'rejected' }]);
});

test('an error acknowledgement for an unknown fragment costs a new session and no fragment', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(2);
  harness.uploader.start();
  await clock.run(2000, () => harness.source.settled.length === 1);
  service.sessions[0]?.send(errorLine(5n, 4006));
  await clock.run(2000, () => service.sessions.length === 2);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  await clock.run(10_000, () => harness.source.size === 0);
  await drained;
  assert.deepEqual(harness.source.rejected, []);
  assert.deepEqual(service.persistedFrames, frames(6));
});

test('upstream’s fault: 5000 to everything for 2.5 s is a few sessions, not a hot loop', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  service.behave = () =>
    clock.monotonicMs() < 2500 ? { errorAt: { fragment: 0, errorId: 5000 } } : {};
  using harness = new Harness({ endpoint: service.endpoint, clock, settings: PATIENT });
  const producer = new TestProducer(harness.source);
  producer.fragments(4);
  harness.uploader.start();
  await clock.run(20_000, () => harness.source.settled.length === 3);
  assert.ok(service.sessions.length <= 5, `${service.sessions.length} sessions`);
  assert.deepEqual(service.persistedFrames, frames(9));
});

test('4003 is followed by a new session at once: nothing went wrong', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request < 3 ? { errorAt: { fragment: 1, errorId: 4003 } } : {});
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  producer.fragments(6);
  harness.uploader.start();
  await waitFor(() => harness.source.settled.length === 5, 'all complete fragments are settled');
  assert.deepEqual(
    harness.heard.connections.flatMap((c) => (c.kind === 'reconnecting' ? [c.nextTryInMs] : [])),
    [0, 0, 0],
  );
});

test('without recovery an error acknowledgement is fatal', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ errorAt: { fragment: 0, errorId: 5000 } });
  using harness = new Harness({ endpoint: service.endpoint, settings: { restartOnError: false } });
  new TestProducer(harness.source).fragments(2);
  harness.uploader.start();
  await waitFor(() => harness.heard.errors.length > 0, 'it is reported');
  assert.equal(harness.heard.errors[0]?.fatal, true);
  assert.deepEqual(harness.source.settled, []);
});
