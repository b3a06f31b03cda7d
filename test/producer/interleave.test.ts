import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../src/producer/info/frame.ts';
import { AUDIO, AV_TRACKS, audioUnit, frame, VIDEO, video } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, putLive, range } from './support/rig.ts';

const TRACKS = { trackInfoList: AV_TRACKS ?? [] };
const AUDIO_MS = 1024 / 48;

function* audio(count: number, startMs = 0, firstId = 0): Generator<Frame> {
  for (let i = 0; i < count; i++) {
    yield frame(2, startMs + i * AUDIO_MS, audioUnit(firstId + i), { isKeyFrame: true });
  }
}

/** Frames in the order in which a live source would deliver them. */
function merged(...sources: Iterable<Frame>[]): Frame[] {
  return sources
    .flatMap((source) => [...source])
    .sort((a, b) => Number((a.ptsNs ?? 0n) - (b.ptsNs ?? 0n)));
}

test('two tracks are stored in the order of their times, whichever comes first', async () => {
  const rig = await makeRig(TRACKS);
  // Half a second of the one, then half a second of the other, as a file has them.
  for (let part = 0; part < 6; part++) {
    for (const one of [...video(90)].slice(part * 15, part * 15 + 15)) rig.stream.putFrame(one);
    const from = Math.round((part * 500) / AUDIO_MS);
    const to = Math.round(((part + 1) * 500) / AUDIO_MS);
    for (const one of audio(to - from, from * AUDIO_MS, from)) rig.stream.putFrame(one);
  }
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session, 1), range(90));
  assert.deepEqual(ids(session, 2), range(141));
  const times = session?.clusters.flatMap(({ blocks }) => blocks.map(({ timecode }) => timecode));
  assert.deepEqual(
    times,
    [...(times ?? [])].sort((a, b) => a - b),
  );
  assert.ok(
    session?.clusters.every(({ blocks }) => blocks[0]?.track === 1 && blocks[0].isKeyFrame),
  );
});

test('offline, sound that runs a minute ahead waits for the picture of an encoder', async () => {
  const rig = await makeRig({ ...TRACKS, streamingType: 'offline' });
  for (const one of [...video(30), ...audio(2_900)]) void rig.stream.putFrame(one);
  for (const one of [...video(1_800)].slice(30)) void rig.stream.putFrame(one);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.equal(sessions.length, 1);
  assert.deepEqual(ids(sessions[0], 1), range(1_800));
  assert.deepEqual(ids(sessions[0], 2), range(2_900));
  const times = sessions[0]?.clusters.flatMap(({ blocks }) => blocks.map((one) => one.timecode));
  assert.deepEqual(
    times,
    [...(times ?? [])].sort((a, b) => a - b),
  );
});

test('equal times of two tracks: the video key frame first, the audio a millisecond later', async () => {
  const rig = await makeRig(TRACKS);
  for (let ms = 0; ms < 1_200; ms += 40) {
    rig.stream.putFrame(frame(2, ms, audioUnit(ms), { isKeyFrame: true }));
    for (const one of video(1, { startMs: ms, gop: 1 })) {
      const isKeyFrame = ms % 1_000 === 0;
      rig.stream.putFrame(isKeyFrame ? one : { ...one, data: one.data.subarray(20), isKeyFrame });
    }
  }
  await rig.stream.stop();
  const [session] = rig.sink.read();
  const [first] = session?.clusters ?? [];
  assert.deepEqual(
    first?.blocks.slice(0, 4).map((b) => [b.track, b.timecode]),
    [
      [1, 0],
      [2, 1],
      [1, 40],
      [2, 41],
    ],
  );
  assert.equal(session?.clusters[1]?.blocks[0]?.timecode, 1_000);
});

test('a track that goes silent does not stall the other, and leaves the session', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(300), audio(90), audio(140, 7_000, 90)));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.flatMap((s) => ids(s, 1)),
    range(300),
  );
  assert.deepEqual(
    sessions.map(({ tracks }) => tracks.length),
    [2, 1, 2],
  );
  assert.deepEqual([...ids(sessions[0], 2), ...ids(sessions[2], 2)], range(230));
  assert.ok(sessions.every((s) => s.clusters.every(({ blocks }) => blocks[0]?.isKeyFrame)));
  assert.equal(rig.stream.metrics().droppedFrames, 0);
});

test('a fragment in which a track turns out to have no frames gets a header without it', async () => {
  const rig = await makeRig(TRACKS, { reads: false });
  await putLive(rig, merged(video(30), audio(47)));
  // The picture stops and the sound goes on alone for a while; then the other way round.
  await putLive(rig, audio(42, 1_003, 47));
  await rig.clock.advance(1_001);
  for (const one of video(60, { startMs: 1_000, firstId: 30 })) rig.stream.putFrame(one);
  await putLive(rig, video(60, { startMs: 3_000, firstId: 90 }));
  rig.sink.reads = true;
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.map((s) => [s.tracks.length, s.clusters.length]),
    [
      [2, 1],
      [1, 4],
    ],
  );
  assert.deepEqual(
    sessions.flatMap((s) => ids(s, 1)),
    range(150),
  );
  assert.deepEqual(ids(sessions[0], 2), range(89));
});

test('a silent track holds live frames back for a second at most', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(30), audio(40)));
  for (const one of video(30, { startMs: 1_000, firstId: 30 })) rig.stream.putFrame(one);
  const before = rig.stream.metrics().storedFrames;
  await rig.clock.advance(500);
  assert.equal(rig.stream.metrics().storedFrames, before);
  await rig.clock.advance(501);
  assert.equal(rig.stream.metrics().storedFrames, 100);
  // From now on nothing waits for it.
  for (const one of video(5, { startMs: 2_000, firstId: 60 })) rig.stream.putFrame(one);
  assert.equal(rig.stream.metrics().storedFrames, 105);
  rig.producer.close();
});

test('32 MiB that wait for a silent track are enough: the oldest go without it', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(30), audio(40)));
  const before = rig.stream.metrics().storedFrames;
  const large = video(8, { startMs: 1_000, fps: 1_000, firstId: 30, byteLength: 4 * 1024 * 1024 });
  for (const one of large) {
    assert.equal(rig.stream.metrics().storedFrames, before);
    rig.stream.putFrame(one);
  }
  // With the eighth it is more: the small ones that waited go, and the first large one.
  assert.equal(rig.stream.metrics().storedFrames, 71);
  rig.producer.close();
});

test('a gap releases the other track at once', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(30), audio(40)));
  for (const one of video(30, { startMs: 1_000, firstId: 30 })) rig.stream.putFrame(one);
  rig.stream.gap(2, 1_500_000_000n);
  assert.equal(rig.stream.metrics().storedFrames, 30 + 40 + 16);
  rig.stream.gap(2, 5_000_000_000n);
  assert.equal(rig.stream.metrics().storedFrames, 100);
  rig.producer.close();
});

test('a track that has ended is not waited for', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(30), audio(40)));
  rig.stream.endTrack(2);
  for (const one of video(60, { startMs: 1_000, firstId: 30 })) rig.stream.putFrame(one);
  assert.equal(rig.stream.metrics().storedFrames, 130);
  await rig.stream.stop();
  assert.deepEqual(
    rig.sink.read().flatMap((s) => ids(s, 1)),
    range(90),
  );
});

test('a track that is two seconds late: nothing of either is lost', async () => {
  for (const lateMs of [500, 3_000]) {
    const rig = await makeRig(TRACKS);
    const count = Math.round((6_000 - lateMs) / AUDIO_MS);
    await putLive(rig, merged(video(180), audio(count, lateMs)));
    await rig.stream.stop();
    const sessions = rig.sink.read();
    assert.deepEqual(
      sessions.flatMap((s) => ids(s, 1)),
      range(180),
    );
    assert.deepEqual(
      sessions.flatMap((s) => ids(s, 2)),
      range(count),
    );
    assert.equal(sessions.length, lateMs === 500 ? 1 : 2);
  }
});

test('late video: the sound goes alone, and the picture comes in with its first key frame', async () => {
  const rig = await makeRig(TRACKS);
  await putLive(rig, merged(video(60, { startMs: 6_000 }), audio(400)));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.flatMap((s) =>
      s.clusters.flatMap(({ blocks }) =>
        blocks.filter((b) => b.bytes.length > 40).map(({ id }) => id),
      ),
    ),
    range(60),
  );
  const sound = sessions.flatMap((s) =>
    s.clusters.flatMap(({ blocks }) =>
      blocks.filter((b) => b.bytes.length < 40).map(({ id }) => id),
    ),
  );
  assert.deepEqual(sound, range(400));
  assert.deepEqual(
    sessions.map(({ tracks }) => tracks.length),
    [1, 2],
  );
});

test('a fragment goes on over a key frame while it has no frame of the other track', async () => {
  const rig = await makeRig({ ...TRACKS, interleaveWaitMs: 3_000 });
  const sparse = range(3).map((i) => frame(2, i * 2_500, audioUnit(i), { isKeyFrame: true }));
  await putLive(rig, merged(video(180), sparse));
  await rig.stream.stop();
  const [session, ...more] = rig.sink.read();
  assert.deepEqual(more, []);
  assert.deepEqual(ids(session), range(180));
  assert.deepEqual(
    session?.clusters.map(({ timecode, blocks }) => [
      timecode,
      new Set(blocks.map((b) => b.track)).size,
    ]),
    [
      [0, 2],
      [1_000, 2],
      [3_000, 2],
    ],
  );
});

test('three tracks', async () => {
  const rig = await makeRig({
    trackInfoList: [
      { trackId: 1, trackName: 'picture', description: VIDEO },
      { trackId: 2, trackName: 'left', description: AUDIO },
      { trackId: 3, trackName: 'right', description: AUDIO },
    ],
  });
  const right = [...audio(140)].map((one) => ({ ...one, trackId: 3 }));
  await putLive(rig, merged(video(90), audio(140), right));
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(
    [1, 2, 3].map((track) => ids(session, track).length),
    [90, 140, 140],
  );
  for (const { blocks } of session?.clusters ?? []) {
    assert.equal(new Set(blocks.map(({ timecode }) => timecode)).size, blocks.length);
  }
});

test('a track whose times are far from the other one follows it, and nothing is lost', async () => {
  const rig = await makeRig(TRACKS);
  let sound = 0;
  for (const one of video(300)) {
    const atMs = Number((one.ptsNs ?? 0n) / 1_000_000n);
    rig.stream.putFrame(one);
    while (sound * AUDIO_MS <= atMs) {
      rig.stream.putFrame(frame(2, 3_600_000 + sound * AUDIO_MS, audioUnit(sound++)));
    }
    await rig.clock.advance(33);
  }
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.flatMap((s) => ids(s, 1)),
    range(300),
  );
  assert.deepEqual(
    sessions.flatMap((s) => ids(s, 2)),
    range(sound),
  );
  const clusters = sessions.flatMap((s) => s.clusters);
  assert.ok(clusters.length <= 11);
  assert.ok(clusters.every(({ timecode }) => timecode < 20_000));
});

test('offline: a file whose tracks are far apart in it waits for nothing but the media', async () => {
  const rig = await makeRig({ ...TRACKS, streamingType: 'offline' });
  for (const one of video(120)) rig.stream.putFrame(one);
  for (const one of audio(180)) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session, 1), range(120));
  assert.deepEqual(ids(session, 2), range(180));
  const times = session?.clusters.flatMap(({ blocks }) => blocks.map(({ timecode }) => timecode));
  assert.deepEqual(
    times,
    [...(times ?? [])].sort((a, b) => a - b),
  );
});
