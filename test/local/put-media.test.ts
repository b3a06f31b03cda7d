import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStream } from './support/client.ts';
import { h264Document } from './support/media.ts';
import { putDocument } from './support/put-media.ts';
import { startService } from './support/service.ts';

test('each cluster becomes a fragment with BUFFERING, RECEIVED and PERSISTED acks', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const acks = await putDocument(url, 'demo', h264Document());

  const fragments = streams.byName('demo')?.fragments.list() ?? [];
  assert.deepEqual(
    fragments.map(({ timecode, frames, keyFrames }) => [timecode, frames, keyFrames]),
    [
      [0, 20, 1],
      [1000, 20, 1],
      [2000, 20, 1],
    ],
  );
  for (const { number, timecode } of fragments) {
    const own = acks.filter((ack) => ack.FragmentNumber === number);
    assert.deepEqual(
      own.map((ack) => [ack.EventType, ack.FragmentTimecode]),
      [
        ['BUFFERING', timecode],
        ['RECEIVED', timecode],
        ['PERSISTED', timecode],
      ],
    );
  }
  assert.equal(acks.length, 9);
});
