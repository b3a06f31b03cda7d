// What a caller still has to keep of what it has put.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AV_TRACKS, audioUnit, frame, VIDEO_TRACK, video } from './support/media.ts';
import { makeRig, type Rig } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };
const NOTHING = Number.POSITIVE_INFINITY;

/** Puts second number `n` of video, its frames at positions n * 1000, n * 1000 + 1, … */
function putSecond(rig: Rig, n: number): void {
  for (const [at, one] of [...video(30, { startMs: n * 1000, firstId: n * 30 })].entries()) {
    rig.stream.putFrame({ ...one, position: n * 1000 + at });
  }
}

test('frames are needed until their fragment is settled, the open one from its key frame on', async () => {
  const rig = await makeRig(TRACK, { persists: false });
  assert.equal(rig.stream.neededFrom.frames, NOTHING);
  for (let n = 1; n <= 3; n++) putSecond(rig, n);
  assert.equal(rig.stream.neededFrom.frames, 1000);
  let left = 0;
  rig.stream.on('fragmentLeft', () => {
    left += 1;
  });
  rig.sink.persistAll();
  assert.equal(rig.stream.neededFrom.frames, 3000);
  assert.equal(left, 2);
});

test('a fragment that begins without a key frame needs the one that it refers to', async () => {
  const info = { ...TRACK, keyFrameFragmentation: false, fragmentDurationMs: 1000 };
  const rig = await makeRig(info, { persists: false });
  // One key frame, then 25 s: fragments are cut before they are too long.
  const frames = [...video(25 * 30, { gop: 25 * 30 })];
  for (const [at, one] of frames.entries()) rig.stream.putFrame({ ...one, position: 1000 + at });
  assert.ok(rig.sink.source.oldest?.complete, 'a fragment has ended');
  rig.sink.persistAll();
  assert.equal(rig.stream.neededFrom.frames, 1000);
});

test('metadata of one fragment is needed until that one is settled, persistent metadata never', async () => {
  const rig = await makeRig(TRACK, { persists: false });
  rig.stream.putFragmentMetadata('always', '1', true, 1);
  putSecond(rig, 1);
  assert.equal(rig.stream.neededFrom.metadata, NOTHING);
  rig.stream.putFragmentMetadata('once', '1', false, 1500);
  assert.equal(rig.stream.neededFrom.metadata, 1500);
  putSecond(rig, 2);
  rig.sink.persistAll();
  assert.deepEqual(rig.stream.neededFrom, { frames: 2000, metadata: 1500 });
  putSecond(rig, 3);
  rig.sink.persistAll();
  assert.deepEqual(rig.stream.neededFrom, { frames: 3000, metadata: NOTHING });
});

test('frames that wait for another track are needed too', async () => {
  const rig = await makeRig({ trackInfoList: AV_TRACKS ?? [] });
  rig.stream.putFrame(frame(2, 0, audioUnit(1), { position: 7 }));
  assert.equal(rig.stream.neededFrom.frames, 7);
});
