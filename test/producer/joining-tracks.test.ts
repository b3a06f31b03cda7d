import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { Frame } from '../../src/producer/info/frame.ts';
import type { TrackInfo } from '../../src/producer/info/track-info.ts';
import {
  AUDIO,
  AUDIO_TRACK,
  AV_TRACKS,
  audioUnit,
  frame,
  VIDEO,
  VIDEO_TRACK,
  video,
} from './support/media.ts';
import { ids, type ReadSession } from './support/read-session.ts';
import { makeRig, putLive, range } from './support/rig.ts';

const AUDIO_MS = 1024 / 48;
const SOUND: TrackInfo = { trackId: 2, trackName: 'audio', kind: 'audio', description: AUDIO };
const PICTURE: TrackInfo = { trackId: 2, trackName: 'video', kind: 'video', description: VIDEO };

function* audio(count: number, startMs = 0, { track = 2, firstId = 0 } = {}): Generator<Frame> {
  for (let i = 0; i < count; i++) {
    const unit = audioUnit(firstId + i);
    yield frame(track, startMs + i * AUDIO_MS, unit, { isKeyFrame: true });
  }
}

function merged(...sources: Iterable<Frame>[]): Frame[] {
  return sources
    .flatMap((source) => [...source])
    .sort((a, b) => Number((a.ptsNs ?? 0n) - (b.ptsNs ?? 0n)));
}

/** Names of a session's tracks in the order of their numbers. */
function namesOf({ tracks }: ReadSession): (string | undefined)[] {
  return tracks.map((t) => t.name);
}

/** All ids of a track of this name, whatever its number is in each session. */
function idsOf(sessions: readonly ReadSession[], name: string): number[] {
  return sessions.flatMap((session) => {
    const track = session.tracks.find((one) => one.name === name);
    return track === undefined ? [] : ids(session, track.number);
  });
}

function assertOrdered(sessions: readonly ReadSession[]): void {
  const clusters = sessions.flatMap((session) => session.clusters);
  const timecodes = clusters.map(({ timecode }) => timecode);
  assert.equal(new Set(timecodes).size, timecodes.length, 'no fragment takes another one’s place');
  for (const { blocks } of clusters) {
    assert.ok(
      blocks.every(({ relative }) => relative >= 0),
      'no block before its cluster',
    );
  }
}

test('sound that joins a video under way comes into the next fragment, whole, with a new header', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  await putLive(rig, video(100));
  rig.stream.addTrack(SOUND);
  await putLive(
    rig,
    merged(video(80, { startMs: 3_333, firstId: 100, gop: 20 }), audio(110, 3_353)),
  );
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video'], ['kinesis_video', 'audio']]);
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(180));
  assert.deepEqual(idsOf(sessions, 'audio'), range(110));
  assertOrdered(sessions);
  assert.equal(rig.stream.metrics().droppedFrames + rig.stream.metrics().skippedFrames, 0);
});

test('video is not held back for a track that has joined and delivers nothing', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  await putLive(rig, video(10));
  rig.stream.addTrack(SOUND);
  for (const one of video(90, { startMs: 333, firstId: 10 })) {
    const before = rig.stream.metrics().storedFrames;
    rig.stream.putFrame(one);
    assert.equal(rig.stream.metrics().storedFrames, before + 1);
  }
  await rig.stream.stop();
  assert.deepEqual(rig.sink.read().map(namesOf), [['kinesis_video']]);
});

test('a video that joins sound takes over at its key frame, as track 1', async () => {
  const rig = await makeRig({ trackInfoList: AUDIO_TRACK ?? [] });
  await putLive(rig, audio(100, 0, { track: 1 }));
  rig.stream.addTrack(PICTURE);
  const pictures = [...video(60, { startMs: 2_150 })].map((one) => ({ ...one, trackId: 2 }));
  await putLive(rig, merged(pictures, audio(90, 2_134, { track: 1, firstId: 100 })));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['audio'], ['video', 'audio']]);
  assert.deepEqual(
    sessions.at(-1)?.tracks.map(({ number, uid }) => [number, uid]),
    [
      [1, 2n],
      [2, 1n],
    ],
  );
  assert.deepEqual(idsOf(sessions, 'video'), range(60));
  assert.deepEqual(idsOf(sessions, 'audio'), range(190));
  assertOrdered(sessions);
});

test('while tracks may come the first frame waits, and all begin in one session', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [], moreTracksWaitMs: 2_000 });
  await putLive(rig, video(3));
  assert.equal(rig.stream.metrics().storedFrames, 0);
  rig.stream.addTrack(SOUND);
  await putLive(rig, merged(video(60, { startMs: 100, firstId: 3 }), audio(90, 20)));
  rig.stream.noMoreTracks();
  assert.ok(rig.stream.metrics().storedFrames > 100);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video', 'audio']]);
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(63));
  assert.deepEqual(idsOf(sessions, 'audio'), range(90));
});

test('the wait for tracks that may come ends with noMoreTracks, with its time, or with the stream', async () => {
  for (const end of ['said', 'time', 'stop'] as const) {
    const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [], moreTracksWaitMs: 500 });
    await putLive(rig, video(10));
    assert.equal(rig.stream.metrics().storedFrames, 0);
    if (end === 'said') rig.stream.noMoreTracks();
    if (end === 'time') await rig.clock.advance(201);
    if (end === 'stop') await rig.stream.stop();
    assert.equal(rig.stream.metrics().storedFrames, 10, end);
    rig.producer.close();
  }
});

test('the stream is created as what it holds once its tracks are known', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [], moreTracksWaitMs: 2_000 });
  let mediaType = '';
  void Promise.resolve(rig.sink.settings.contentType()).then((type) => {
    mediaType = type;
  });
  await rig.clock.advance(100);
  assert.equal(mediaType, '');
  rig.stream.addTrack(SOUND);
  rig.stream.noMoreTracks();
  await rig.clock.advance(0);
  assert.equal(mediaType, 'video/h264,audio/aac');
  rig.producer.close();
});

test('a track that is removed leaves with the next fragment, and what was put of it is stored', async () => {
  const rig = await makeRig({ trackInfoList: AV_TRACKS ?? [] });
  await putLive(rig, merged(video(70), audio(105)));
  rig.stream.removeTrack(2);
  assert.throws(
    () => rig.stream.putFrame(frame(2, 2_400, audioUnit(0))),
    (error: unknown) => error instanceof KvsError && /has no track 2; it has 1/.test(error.message),
  );
  await putLive(rig, video(80, { startMs: 2_334, firstId: 70, gop: 20 }));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video', 'audio'], ['kinesis_video']]);
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(150));
  assert.deepEqual(idsOf(sessions, 'audio'), range(105));
});

test('a track that is removed and added again is the same track', async () => {
  const rig = await makeRig({ trackInfoList: AV_TRACKS ?? [] });
  await putLive(rig, merged(video(60), audio(90)));
  rig.stream.removeTrack(2);
  await putLive(rig, video(60, { startMs: 2_000, firstId: 60 }));
  rig.stream.addTrack(SOUND);
  await putLive(
    rig,
    merged(video(60, { startMs: 4_000, firstId: 120 }), audio(90, 4_100, { firstId: 90 })),
  );
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.map(({ tracks }) => tracks.map(({ uid }) => uid)),
    [[1n, 2n], [1n], [1n, 2n]],
  );
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(180));
  assert.deepEqual(idsOf(sessions, 'audio'), range(180));
  assertOrdered(sessions);
});

test('sound goes on in a session of its own when the video is removed', async () => {
  const rig = await makeRig({ trackInfoList: AV_TRACKS ?? [] });
  await putLive(rig, merged(video(60), audio(94)));
  rig.stream.removeTrack(1);
  await putLive(rig, audio(280, 94 * AUDIO_MS, { firstId: 94 }));
  const { storedFrames } = rig.stream.metrics();
  assert.equal(storedFrames, 60 + 374);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video', 'audio'], ['audio']]);
  assert.deepEqual(idsOf(sessions, 'audio'), range(374));
  const [both] = sessions;
  const last = both?.clusters.at(-1)?.blocks.at(-1)?.timecode ?? 0;
  assert.ok(last < 4_000, `the session with video goes on until ${last} ms`);
});

test('sound that waits for the next fragment of a video is stored when the video is removed', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  await putLive(rig, video(40));
  rig.stream.addTrack(SOUND);
  await putLive(rig, merged(video(10, { startMs: 1_334, firstId: 40, gop: 30 }), audio(20, 1_340)));
  rig.stream.removeTrack(1);
  await putLive(rig, audio(600, 1_340 + 20 * AUDIO_MS, { firstId: 20 }));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(idsOf(sessions, 'audio'), range(620));
  assert.equal(rig.stream.metrics().skippedFrames, 0);
});

test('three tracks at most: a fourth is refused, and may come once another one is gone', async () => {
  const rig = await makeRig({ trackInfoList: AV_TRACKS ?? [] });
  const third: TrackInfo = { trackId: 3, trackName: 'audio_2', description: AUDIO };
  const fourth: TrackInfo = { trackId: 4, trackName: 'audio_3', description: AUDIO };
  rig.stream.addTrack(third);
  const code = (expected: string) => (error: unknown) =>
    error instanceof KvsError && error.code === expected;
  assert.throws(() => rig.stream.addTrack(fourth), code('STATUS_MAX_TRACK_COUNT_EXCEEDED'));
  assert.throws(() => rig.stream.addTrack(third), code('STATUS_DUPLICATE_TRACK_ID_FOUND'));
  rig.stream.removeTrack(2);
  assert.throws(() => rig.stream.addTrack(PICTURE), code('STATUS_DUPLICATE_TRACK_ID_FOUND'));
  rig.stream.addTrack(fourth);
  assert.deepEqual(
    rig.stream.tracks.map(({ trackId }) => trackId),
    [1, 3, 4],
  );
  await putLive(
    rig,
    merged(video(90), audio(140, 0, { track: 3 }), audio(140, 5, { track: 4, firstId: 500 })),
  );
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video', 'audio_2', 'audio_3']]);
  assert.deepEqual(idsOf(sessions, 'audio_3'), range(140, 500));
});

test('a session never has more than three tracks, also while one is leaving and another comes', async () => {
  const third: TrackInfo = { trackId: 3, trackName: 'audio_2', description: AUDIO };
  const rig = await makeRig({ trackInfoList: [...(AV_TRACKS ?? []), third] });
  await putLive(rig, merged(video(60), audio(94), audio(94, 3, { track: 3 })));
  // These wait for the video, which comes after the tracks have changed.
  for (const one of audio(20, 2_010, { firstId: 94 })) rig.stream.putFrame(one);
  rig.stream.removeTrack(2);
  rig.stream.addTrack({ trackId: 4, trackName: 'audio_3', description: AUDIO });
  await putLive(
    rig,
    merged(
      video(60, { startMs: 2_000, firstId: 60 }),
      audio(90, 2_013, { track: 3, firstId: 94 }),
      audio(90, 2_020, { track: 4 }),
    ),
  );
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.ok(sessions.every(({ tracks }) => tracks.length <= 3));
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(120));
  assert.deepEqual(idsOf(sessions, 'audio'), range(114));
  assert.deepEqual(idsOf(sessions, 'audio_2'), range(184));
  assert.deepEqual(idsOf(sessions, 'audio_3'), range(90));
});

test('sound that begins with a fragment and joins late takes no fragment’s place', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  await putLive(rig, video(40));
  rig.stream.addTrack(SOUND);
  // Its first frame has the time of the fragment that is open.
  await putLive(
    rig,
    merged(video(80, { startMs: 1_334, firstId: 40, gop: 20 }), audio(110, 1_000)),
  );
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(idsOf(sessions, 'audio'), range(110));
  assertOrdered(sessions);
});

test('tracks that were added outlive a reset of the stream', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  rig.stream.addTrack(SOUND);
  await putLive(rig, merged(video(30), audio(40)));
  rig.stream.resetStream();
  await rig.clock.advance(0);
  await putLive(rig, merged(video(60, { startMs: 1_500 }), audio(80, 1_500)));
  await rig.stream.stop();
  const sessions = rig.sinks.at(-1)?.read() ?? [];
  assert.deepEqual(sessions.map(namesOf), [['kinesis_video', 'audio']]);
  assert.deepEqual(idsOf(sessions, 'audio'), range(80));
});

test('a track that joins after a break in the timeline is of the timeline that is under way', async () => {
  const rig = await makeRig({ trackInfoList: VIDEO_TRACK ?? [] });
  await putLive(rig, video(40));
  rig.stream.discontinuity();
  await putLive(rig, video(40, { startMs: 1_500, firstId: 40, gop: 40 }));
  rig.stream.addTrack(SOUND);
  await putLive(rig, merged(video(60, { startMs: 2_834, firstId: 80 }), audio(90, 2_840)));
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(idsOf(sessions, 'kinesis_video'), range(140));
  assert.deepEqual(idsOf(sessions, 'audio'), range(90));
  assertOrdered(sessions);
});
