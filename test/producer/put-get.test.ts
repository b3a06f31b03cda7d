import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, ids, makeRig, range, VIDEO_TRACK, video, videoUnit } from './support.ts';

test('9.3 frames of one track arrive whole, in order, one fragment per key frame', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  for (const one of video(95)) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session, ...more] = rig.sink.read();
  assert.deepEqual(more, []);
  assert.deepEqual(ids(session), range(95));
  assert.deepEqual(
    session?.clusters.map(({ timecode, blocks }) => [timecode, blocks.length]),
    [
      [0, 30],
      [1000, 30],
      [2000, 30],
      [3000, 5],
    ],
  );
  assert.deepEqual(session?.endTags, [{ name: 'AWS_KINESISVIDEO_END_OF_FRAGMENT', value: '' }]);
});

test('9.3 frames before the first key frame are skipped and counted, the key frame is kept', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  rig.stream.putFrame(frame(1, 0, videoUnit(100, false)));
  rig.stream.putFrame(frame(1, 33, videoUnit(101, false)));
  for (const one of video(10, { startMs: 66 })) rig.stream.putFrame(one);
  assert.equal(rig.stream.metrics().skippedFrames, 2);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(10));
});
