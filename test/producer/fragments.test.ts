import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_TRACK, audioUnit, frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids, type ReadSession } from './support/read-session.ts';
import { makeRig, range, warnings } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };

function shape(session: ReadSession | undefined): [number, number][] {
  return (session?.clusters ?? []).map(({ timecode, blocks }) => [timecode, blocks.length]);
}

test('key frames less than a second apart share fragments, with one warning a second that says why', async () => {
  const { log, lines } = warnings();
  const rig = await makeRig(TRACK, { logger: log });
  for (const one of video(90, { gop: 6 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(shape(session), [
    [0, 30],
    [1000, 30],
    [2000, 30],
  ]);
  assert.deepEqual(ids(session), range(90));
  const joined = lines.filter(({ message }) => /less than a second apart/.test(message));
  assert.equal(joined.length, 2);
  assert.equal(joined[1]?.times, 11);
});

test('a GOP of exactly a second is a fragment, also where rounding makes it shorter', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(90, { gop: 30, fps: 30.0005 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(
    shape(rig.sink.read()[0]).map(([, blocks]) => blocks),
    [30, 30, 30],
  );
});

test('without a key frame for ten seconds the fragment is split, and a warning says why', async () => {
  const { log, lines } = warnings();
  const rig = await makeRig(TRACK, { logger: log });
  for (const one of video(720, { gop: 10_000 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(shape(session), [
    [0, 300],
    [10_000, 300],
    [20_000, 120],
  ]);
  assert.deepEqual(ids(session), range(720));
  assert.ok(lines.some(({ message }) => /at most ten seconds/.test(message)));
});

test('a GOP of ten seconds is one fragment', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(600, { gop: 300 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(shape(rig.sink.read()[0]), [
    [0, 300],
    [10_000, 300],
  ]);
});

test('a fragment is split before 50 MB', async () => {
  const storageInfo = { storageSize: 256 * 1024 * 1024 };
  const rig = await makeRig(TRACK, { deviceInfo: { storageInfo } });
  for (const one of video(60, { gop: 1000, byteLength: 1_000_000 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.equal(rig.sink.fragments.length, 2);
  assert.ok(rig.sink.fragments.every(({ byteLength }) => byteLength <= 50_000_000));
  assert.ok((rig.sink.fragments[0]?.byteLength ?? 0) > 48_000_000);
});

test('in a small store fragments are split so that the one before can stay', async () => {
  const storageInfo = { storageSize: 1024 * 1024 };
  const rig = await makeRig(TRACK, { deviceInfo: { storageInfo } });
  for (const one of video(60, { gop: 1000, byteLength: 100_000 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(60));
  assert.equal(rig.stream.metrics().droppedFrames, 0);
});

test('without key frame fragmentation a fragment begins at the first key frame after its duration', async () => {
  const rig = await makeRig({ ...TRACK, keyFrameFragmentation: false, fragmentDurationMs: 2_500 });
  for (const one of video(180)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(shape(rig.sink.read()[0]), [
    [0, 90],
    [3000, 90],
  ]);
});

test('an audio-only stream is cut by duration', async () => {
  const rig = await makeRig({ trackInfoList: AUDIO_TRACK ?? [] });
  for (let i = 0; i < 300; i++) {
    rig.stream.putFrame(frame(1, (i * 1024) / 48, audioUnit(i), { isKeyFrame: true }));
  }
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(300));
  assert.deepEqual(
    shape(session).map(([timecode]) => timecode),
    [0, 2005, 4010, 6016],
  );
});

test('relative times count from the first frame, whose wall clock goes with the session', async () => {
  const rig = await makeRig({ ...TRACK, absoluteFragmentTimes: false });
  const startMs = rig.clock.nowMs();
  for (const one of video(60, { startMs: 7_000 })) rig.stream.putFrame(one);
  assert.equal(rig.sink.source.newest?.format.producerStartMs, startMs);
  await rig.stream.stop();
  assert.deepEqual(shape(rig.sink.read()[0]), [
    [0, 30],
    [1000, 30],
  ]);
});

test('relative times of frames with epoch times start at the first frame itself', async () => {
  const rig = await makeRig({ ...TRACK, absoluteFragmentTimes: false }, { persists: false });
  const startMs = Date.parse('2026-01-01T00:00:00.123Z');
  for (const one of video(2, { startMs })) rig.stream.putFrame(one);
  assert.equal(rig.sink.source.newest?.format.producerStartMs, startMs);
  rig.producer.close();
});

test('any timecode scale: a cluster ends where 16 bits end', async () => {
  const rig = await makeRig({ ...TRACK, timecodeScaleNs: 100_000 });
  for (const one of video(300, { gop: 300 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(300));
  assert.deepEqual(
    shape(session).map(([, blocks]) => blocks),
    [99, 99, 99, 3],
  );
  const last = session?.clusters.at(-1)?.blocks.at(-1);
  assert.equal(last?.timecode, Math.floor((299 / 30) * 10_000));
});

test('the smallest and the largest scale', async () => {
  for (const timecodeScaleNs of [100, 1_000_000_000]) {
    const rig = await makeRig({ ...TRACK, timecodeScaleNs });
    for (const one of video(90, { startMs: 1_000 })) rig.stream.putFrame(one);
    await rig.stream.stop();
    const [session, ...more] = rig.sink.read();
    assert.deepEqual(more, []);
    assert.deepEqual(ids(session), range(90));
    const timecodes = session?.clusters.map(({ timecode }) => timecode) ?? [];
    assert.deepEqual(
      timecodes,
      [...new Set(timecodes)].sort((a, b) => a - b),
    );
  }
});

test('frame-timecodes=false stamps frames with the clock', async () => {
  const rig = await makeRig({ ...TRACK, frameTimecodes: false });
  const startMs = rig.clock.nowMs();
  for (let i = 0; i < 4; i++) {
    rig.stream.putFrame(frame(1, 7, videoUnit(i, i === 0), { isKeyFrame: i === 0 }));
    await rig.clock.advance(40);
  }
  await rig.stream.stop();
  const blocks = rig.sink.read()[0]?.clusters[0]?.blocks ?? [];
  assert.deepEqual(
    blocks.map(({ timecode }) => timecode - startMs),
    [0, 40, 80, 120],
  );
});

test('parameter sets of another level begin a session of their own, at a key frame', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(45)) rig.stream.putFrame(one);
  const sps = Buffer.from('00000001' + '6742c01fd900a047fec8', 'hex');
  const pps = Buffer.from('00000001' + '68ce3c80', 'hex');
  const idr = videoUnit(45, true).subarray(-68);
  rig.stream.putFrame(frame(1, 1_500, Buffer.concat([sps, pps, idr]), { isKeyFrame: true }));
  for (const one of video(5, { gop: 100, startMs: 1_533, firstId: 46 })) {
    rig.stream.putFrame({ ...one, isKeyFrame: false, data: videoUnit(46, false) });
  }
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.equal(sessions.length, 2);
  assert.deepEqual(ids(sessions[0]), range(45));
  assert.equal(sessions[1]?.clusters[0]?.timecode, 1_500);
  assert.notDeepEqual(sessions[0]?.tracks[0]?.codecPrivate, sessions[1]?.tracks[0]?.codecPrivate);
});

test('the same description again, and repeated parameter sets, change nothing', async () => {
  const rig = await makeRig(TRACK);
  const description = VIDEO_TRACK?.[0]?.description;
  for (const one of video(90)) {
    if (description !== undefined) rig.stream.setTrackFormat(1, { ...description });
    rig.stream.putFrame(one);
  }
  await rig.stream.stop();
  assert.equal(rig.sink.read().length, 1);
});

test('headers name this project and its version', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(1)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.match(rig.sink.sessions[0]?.toString('latin1') ?? '', /kvs-launch \d+\.\d+\.\d+/);
});
