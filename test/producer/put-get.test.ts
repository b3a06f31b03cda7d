import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, range } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KvsError && error.code === code;
}

test('frames of one track arrive whole, in order, one fragment per key frame', async () => {
  const rig = await makeRig(TRACK);
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

test('a frame that is longer than a chunk of the store arrives whole', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(5, { byteLength: 200_000 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const blocks = rig.sink.read()[0]?.clusters[0]?.blocks ?? [];
  assert.equal(blocks.length, 5);
  for (const { bytes } of blocks) {
    assert.ok(bytes.length >= 200_000);
    assert.ok(bytes.subarray(-199_000, -4).every((byte) => byte === 0xaa));
  }
});

test('frames before the first key frame are skipped and counted, the key frame is kept', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.putFrame(frame(1, 0, videoUnit(100, false)));
  rig.stream.putFrame(frame(1, 33, videoUnit(101, false)));
  for (const one of video(10, { startMs: 66 })) rig.stream.putFrame(one);
  assert.equal(rig.stream.metrics().skippedFrames, 2);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(10));
});

test('a key frame that only its bitstream shows begins a fragment', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(60)) rig.stream.putFrame({ ...one, isKeyFrame: false });
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.equal(session?.clusters.length, 2);
  assert.deepEqual(ids(session), range(60));
});

test('the caller may use its buffer again at once', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(30)) {
    rig.stream.putFrame(one);
    one.data.fill(0);
  }
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(30));
});

test('Annex B becomes length-prefixed, and parameter sets become avcC', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(2)) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  const [track] = session?.tracks ?? [];
  assert.equal(track?.codecId, 'V_MPEG4/ISO/AVC');
  assert.equal(
    Buffer.from(track?.codecPrivate ?? [])
      .subarray(0, 6)
      .toString('hex'),
    '0142c01effe1',
  );
  assert.deepEqual([track?.width, track?.height], [640, 128]);
  const block = session?.clusters[0]?.blocks[1]?.bytes;
  assert.equal(block?.readUInt32BE(0), (block?.length ?? 0) - 4);
});

test('key, discardable and invisible flags reach the block', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.putFrame(frame(1, 0, videoUnit(0, true), { isKeyFrame: true }));
  rig.stream.putFrame(
    frame(1, 40, videoUnit(1, false), { isDiscardable: true, isInvisible: true }),
  );
  await rig.stream.stop();
  const blocks = rig.sink.read()[0]?.clusters[0]?.blocks ?? [];
  assert.deepEqual(
    blocks.map((b) => [b.isKeyFrame, b.isDiscardable, b.isInvisible]),
    [
      [true, false, false],
      [false, true, true],
    ],
  );
});

test('the segment UID is the given one, or a random one', async () => {
  const given = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  const rig = await makeRig({ ...TRACK, segmentUid: given });
  for (const one of video(1)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.ok(rig.sink.sessions[0]?.includes(Buffer.from(given)));
  const other = await makeRig(TRACK);
  const { segmentUid } = other.stream.info;
  assert.equal(segmentUid.length, 16);
  assert.ok(new Set(segmentUid).size > 4);
  other.producer.close();
});

test('streamDataAvailable tells how much waits to be sent', async () => {
  const rig = await makeRig(TRACK, { silent: [], reads: false });
  for (const one of video(3, { fps: 25 })) rig.stream.putFrame(one);
  const events = rig.of<{ bytes: number; durationNs: bigint }>('streamDataAvailable');
  assert.equal(events.length, 3);
  assert.equal(events[2]?.bytes, rig.stream.metrics().overallViewBytes);
  assert.equal(events[2]?.durationNs, 120_000_000n);
  rig.producer.close();
});

test('what no stream can use is an error that says why, and nothing else happens', async () => {
  const rig = await makeRig(TRACK);
  const data = videoUnit(0, true);
  assert.throws(
    () => rig.stream.putFrame(frame(7, 0, data)),
    hasCode('STATUS_MKV_TRACK_INFO_NOT_FOUND'),
  );
  assert.throws(
    () => rig.stream.putFrame(frame(1, 0, Buffer.alloc(0))),
    hasCode('STATUS_MKV_INVALID_FRAME_DATA'),
  );
  assert.equal(rig.stream.metrics().putFrameErrors, 2);
  rig.stream.putFrame(frame(1, 0, data, { isKeyFrame: true }));
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), [0]);
  assert.throws(
    () => rig.stream.putFrame(frame(1, 0, data)),
    hasCode('STATUS_STREAM_HAS_BEEN_STOPPED'),
  );
});

test('EOFR: ends the fragment with its tag, after which a key frame has to come', async () => {
  const rig = await makeRig(TRACK);
  assert.throws(() => rig.stream.endFragment(), hasCode('STATUS_STREAM_NOT_STARTED'));
  for (const one of video(20)) rig.stream.putFrame(one);
  rig.stream.endFragment();
  assert.equal(rig.sink.fragments[0]?.eofr, true);
  assert.throws(() => rig.stream.endFragment(), hasCode('STATUS_MULTIPLE_CONSECUTIVE_EOFR'));
  for (const one of video(20, { startMs: 5_000, firstId: 20 })) rig.stream.putFrame(one);
  assert.equal(rig.stream.metrics().skippedFrames, 0);
  rig.stream.endFragment();
  rig.stream.putFrame(frame(1, 6_000, videoUnit(40, false)));
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(40));
  assert.equal(rig.stream.metrics().skippedFrames, 1);
  assert.deepEqual(
    session?.clusters[1]?.tags.map(({ name }) => name),
    ['AWS_KINESISVIDEO_END_OF_FRAGMENT'],
  );
});

test('frames put by a listener while a frame is stored arrive in their order', async () => {
  const rig = await makeRig(TRACK);
  const extra = [...video(1, { startMs: 2_000, firstId: 50 })];
  rig.stream.once('streamDataAvailable', () => {
    for (const one of extra) rig.stream.putFrame(one);
    for (const one of extra) one.data.fill(0);
  });
  for (const one of video(1)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), [0, 50]);
});

test('a listener that throws disturbs nobody', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.on('fragmentAck', () => {
    throw new Error('mine');
  });
  for (const one of video(60)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.equal(rig.of('fragmentAck').length, 2);
});
