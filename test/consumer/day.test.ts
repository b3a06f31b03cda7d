import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { memoryBytes } from '../storage/heap.ts';
import { FaultyMedia } from './support/faulty-media.ts';
import { FRAGMENT_SECONDS, framesOf, numberOf } from './support/media-chunks.ts';
import { consumerOf, startMediaServer } from './support/media-server.ts';

const FRAGMENTS = (24 * 3_600) / FRAGMENT_SECONDS;
const DISCONNECTIONS = 100;

/** Waits between two calls are a fiftieth of what they are, and nothing times out. */
const hurriedClock = {
  ...systemClock,
  after: (delayMs: number, callback: () => void) => systemClock.after(delayMs / 50, callback),
};
const PATIENCE_MS = 10_000_000;

test('a day of GetMedia with 100 disconnections: every fragment once, in order, and memory is flat', async (t) => {
  const seed = Number(process.env['CONSUMER_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`CONSUMER_SEED=${seed}`);
  const media = new FaultyMedia(FRAGMENTS, DISCONNECTIONS, seed);
  const endpoint = await startMediaServer(t, (call, response) => media.handle(call, response));
  const consumer = consumerOf(t, endpoint, {
    clock: hurriedClock,
    answerTimeoutMs: PATIENCE_MS,
    idleTimeoutMs: PATIENCE_MS,
  });
  let reconnects = 0;
  const onReconnect = (): void => {
    reconnects += 1;
  };
  const memory: number[] = [];
  let index = 0;
  for await (const fragment of consumer.media({ start: 'earliest', onReconnect })) {
    if (fragment.number !== numberOf(index)) assert.equal(fragment.number, numberOf(index));
    const expected = framesOf(index);
    const isEqual = fragment.frames.every(({ data }, i) => expected[i]?.equals(data));
    if (!isEqual || fragment.frames.length !== expected.length) {
      assert.deepEqual(
        fragment.frames.map(({ data }) => Buffer.from(data)),
        expected,
      );
    }
    index += 1;
    if (index % (FRAGMENTS / 24) === 0) memory.push(memoryBytes());
    if (index === FRAGMENTS) break;
  }
  assert.equal(index, FRAGMENTS);
  assert.equal(media.left, 0);
  assert.ok(reconnects >= DISCONNECTIONS, `${reconnects} reconnections`);
  assert.deepEqual(new Set(media.starts), new Set(['EARLIEST', 'CONTINUATION_TOKEN']));
  const [early, late] = [memory[2] ?? 0, memory.at(-1) ?? 0];
  assert.ok(late - early < 2 * 1024 * 1024, `the memory grew from ${early} to ${late} bytes`);
});
