import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

test('every frame put before and after the start arrives once, in order, and the store is emptied', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  producer.fragments(3);
  harness.uploader.start();
  await waitFor(() => service.persistedFrames.length === 6, 'two fragments are persisted');
  producer.fragments(2);
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.deepEqual(service.persistedFrames, numbers(15));
  assert.equal(harness.source.size, 0);
  assert.equal(harness.source.pinned, 0);
  assert.equal(service.sessions.length, 1);
  assert.deepEqual(service.problems, []);
  assert.equal(service.sessions[0]?.endedWithEofr, true);
  assert.deepEqual(harness.heard.errors, []);
});

test('no PutMedia before the first frame, and one at once after it', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  await waitFor(() => harness.heard.connections.at(-1)?.kind === 'idle', 'the stream is ready');
  assert.equal(harness.heard.ready.length, 1);
  assert.equal(service.sessions.length, 0);
  producer.fragment();
  await waitFor(() => service.sessions[0]?.fragments[0]?.frames.length === 3, 'the frames arrive');
});

test('a connection that is reset in mid-fragment loses nothing', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { resetAt: 2 } : {});
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(6);
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.deepEqual([...new Set(service.persistedFrames)], numbers(18));
  assert.equal(service.sessions.length, 2);
  assert.deepEqual(service.problems, []);
  assert.equal(harness.source.pinned, 0);
});
