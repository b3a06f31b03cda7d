import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ids, makeRig, range, VIDEO_TRACK, video } from './support.ts';

const HOUR_MS = 3_600_000;

test('a day with an outage of a minute each hour loses nothing that fits the buffer', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  let put = 0;
  for (let second = 0; second < 24 * 3600; second++) {
    const atMs = second * 1000;
    const isOut = atMs % HOUR_MS >= HOUR_MS - 60_000;
    if (rig.sink.reads === isOut) {
      rig.sink.reads = !isOut;
      rig.sink.pump();
    }
    for (const one of video(2, { fps: 2, gop: 2, startMs: atMs, firstId: put })) {
      rig.stream.putFrame(one);
      put += 1;
    }
    await rig.clock.advance(1000);
  }
  rig.sink.reads = true;
  await rig.stream.stop();
  const metrics = rig.stream.metrics();
  assert.equal(metrics.droppedFrames, 0);
  assert.equal(metrics.storedFrames, put);
  assert.deepEqual(ids(rig.sink.read()[0]), range(put));
  assert.equal(rig.producer.metrics().contentStoreAllocatedSize, 0);
});
