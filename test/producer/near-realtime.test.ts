import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DroppedFragment } from '../../src/producer/events/events.ts';
import type { StreamInfo } from '../../src/producer/info/stream-info.ts';
import { VIDEO_TRACK, video } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, putLive, type Rig, range } from './support/rig.ts';

const MIB = 1024 * 1024;
/** Room for twelve fragments. */
const TWELVE: StreamInfo = {
  trackInfoList: VIDEO_TRACK ?? [],
  streamingType: 'near-realtime',
  bufferDurationMs: 24_000,
  fragmentDurationMs: 2_000,
};

async function readRest(rig: Rig): Promise<number[]> {
  rig.sink.reads = true;
  await rig.stream.stop();
  return ids(rig.sink.read()[0]);
}

test('near-realtime: the buffer holds bufferDuration / fragmentDuration fragments', async () => {
  const rig = await makeRig(TWELVE, { reads: false });
  await putLive(rig, video(15 * 30));
  const drops = rig.of<DroppedFragment>('droppedFragment');
  assert.deepEqual(
    drops.map(({ index, frames, reason }) => [index, frames, reason]),
    [
      [0, 30, 'buffer-duration'],
      [1, 30, 'buffer-duration'],
      [2, 30, 'buffer-duration'],
    ],
  );
  assert.equal(rig.stream.metrics().droppedFragments, 3);
  assert.deepEqual(await readRest(rig), range(12 * 30, 3 * 30));
});

test('near-realtime: longer fragments are bounded by the buffer duration as well', async () => {
  const rig = await makeRig(TWELVE, { reads: false });
  await putLive(rig, video(9 * 120, { gop: 120 }));
  assert.equal(rig.stream.metrics().droppedFragments, 3);
  assert.ok(rig.stream.metrics().overallViewDurationNs <= 24_100_000_000n);
  rig.producer.close();
});

test('near-realtime: a full store drops whole fragments, also with the frame policy', async () => {
  const rig = await makeRig(
    { ...TWELVE, bufferDurationMs: 120_000, dropPolicy: 'frame' },
    { reads: false, deviceInfo: { storageInfo: { storageSize: 4 * MIB } } },
  );
  for (const one of video(600, { byteLength: 10_000 })) rig.stream.putFrame(one);
  const drops = rig.of<DroppedFragment>('droppedFragment');
  assert.ok(drops.length >= 5);
  assert.ok(drops.every(({ reason, frames }) => reason === 'storage-full' && frames === 30));
  assert.deepEqual(rig.of('droppedFrame'), []);
  const { droppedFragments, droppedFrames } = rig.stream.metrics();
  assert.deepEqual([droppedFragments, droppedFrames], [drops.length, drops.length * 30]);
  assert.deepEqual(await readRest(rig), range(600 - droppedFrames, droppedFrames));
});

test('near-realtime: what is acknowledged is not lost, and everything else is as realtime', async () => {
  const rig = await makeRig({ ...TWELVE, maxLatencyMs: 5_000 });
  await putLive(rig, video(40 * 30));
  assert.equal(rig.stream.metrics().droppedFragments, 0);
  rig.sink.reads = false;
  await putLive(rig, video(20 * 30, { startMs: 40_000, firstId: 1200 }));
  const { latencyPressures, droppedFragments } = rig.stream.metrics();
  assert.ok(latencyPressures > 0);
  // 20 s make 20 fragments; the one before them had been read, but was not acknowledged.
  assert.equal(droppedFragments, 9);
  assert.deepEqual(await readRest(rig), [...range(1200), ...range(12 * 30, 1200 + 8 * 30)]);
});
