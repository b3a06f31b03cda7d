import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrackTimeline } from '../../src/producer/tracks/track-timeline.ts';
import { frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, range } from './support/rig.ts';

const MS = 1_000_000n;
const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };

function timeline(reorders = true, useFrameTimes = true): TrackTimeline {
  return new TrackTimeline({
    reorders,
    unitNs: MS,
    defaultIntervalNs: 40n * MS,
    useFrameTimes,
    nowNs: () => 5_000n * MS,
  });
}

/** Repairs frames given as [pts, dts, isKeyFrame] in ms, and gives [pts, dts, epoch] back. */
function repair(
  line: TrackTimeline,
  frames: [number | undefined, number | undefined, boolean?][],
): [number, number, number][] {
  return frames.map(([pts, dts, isKeyFrame = false]) => {
    const ns = (ms: number | undefined): bigint | undefined =>
      ms === undefined ? undefined : BigInt(ms) * MS;
    const one = { ...frame(1, 0, Buffer.alloc(1)), ptsNs: ns(pts), dtsNs: ns(dts) };
    const times = line.repair(one, isKeyFrame, undefined);
    return [Number(times.ptsNs / MS), Number(times.dtsNs / MS), times.epoch];
  });
}

test('times that are there and in order are left alone', () => {
  const line = timeline();
  const given: [number, number][] = [
    [80, 0],
    [200, 40],
    [120, 80],
    [160, 120],
  ];
  assert.deepEqual(
    repair(line, given),
    given.map(([pts, dts]) => [pts, dts, 0]),
  );
  assert.deepEqual(line.counters, { missing: 0, repeated: 0, backward: 0, forwardJumps: 0 });
});

test('a missing PTS is the DTS, a missing DTS the PTS, or where B-frames need it the one before', () => {
  assert.deepEqual(repair(timeline(), [[undefined, 10]]), [[10, 10, 0]]);
  assert.deepEqual(
    repair(timeline(), [
      [0, undefined],
      [120, undefined],
      [40, undefined],
      [80, undefined],
      [160, undefined],
    ]),
    [
      [0, 0, 0],
      [120, 120, 0],
      [40, 120, 0],
      [80, 120, 0],
      [160, 160, 0],
    ],
  );
});

test('frames without any time follow the one before at the frame rate, and are counted', () => {
  const line = timeline();
  assert.deepEqual(
    repair(line, [
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]),
    [
      [5_000, 5_000, 0],
      [5_040, 5_040, 0],
      [5_080, 5_080, 0],
    ],
  );
  assert.equal(line.counters.missing, 3);
});

test('a first frame without a time starts where the other tracks are', () => {
  const line = timeline();
  const one = { ...frame(1, 0, Buffer.alloc(1)), ptsNs: undefined, dtsNs: undefined };
  assert.equal(line.repair(one, true, 777n * MS).ptsNs, 777n * MS);
});

test('GST_CLOCK_TIME_NONE and other times that cannot be count as missing', () => {
  const line = timeline();
  const one = { ...frame(1, 0, Buffer.alloc(1)), ptsNs: 0xffff_ffff_ffff_ffffn, dtsNs: undefined };
  assert.equal(line.repair(one, true, undefined).ptsNs, 5_000n * MS);
  assert.equal(line.counters.missing, 1);
});

test('repeated times move apart by one unit each', () => {
  const line = timeline();
  assert.deepEqual(
    repair(line, [
      [100, 100],
      [100, 100],
      [100, 100],
      [140, 140],
    ]).map(([pts]) => pts),
    [100, 101, 102, 140],
  );
  assert.equal(line.counters.repeated, 2);
});

test('sound that steps back a little is held, and catches up', () => {
  const line = timeline(false);
  assert.deepEqual(
    repair(line, [
      [100, 100],
      [121, 121],
      [110, 110],
      [142, 142],
    ]).map(([pts]) => pts),
    [100, 121, 122, 142],
  );
  assert.equal(line.counters.backward, 1);
});

test('pictures that step back a little follow what was sent, and catch up at the key frames', () => {
  const line = timeline();
  assert.deepEqual(
    repair(line, [
      [0, 0, true],
      [40, 40],
      [80, 80],
      // 60 ms back, within a fragment.
      [60, 60],
      [100, 100],
      [140, 140, true],
      [180, 180],
    ]).map(([pts]) => pts),
    [0, 40, 80, 81, 121, 140, 180],
  );
  assert.equal(line.counters.backward, 1);
});

test('a DTS that steps back among B-frames leaves their PTS as it is', () => {
  // x264enc through flvmux and flvdemux.
  const given: [number, number, boolean?][] = [
    [0, 0, true],
    [133, 33],
    [67, 67],
    [33, 33],
    [100, 66],
  ];
  assert.deepEqual(
    repair(timeline(), given).map(([pts]) => pts),
    [0, 133, 67, 33, 100],
  );
});

test('a key frame is later than every picture before it, B-frames or not', () => {
  const withDts = timeline();
  assert.deepEqual(
    repair(withDts, [
      [80, 0, true],
      [200, 40],
      [120, 80],
      [160, 120],
      // 100 ms back.
      [140, 60, true],
      [260, 100],
      [180, 140],
      [220, 180],
      [300, 220, true],
    ]),
    [
      [80, 0, 0],
      [200, 40, 0],
      [120, 80, 0],
      [160, 120, 0],
      [201, 121, 0],
      [321, 161, 0],
      [241, 201, 0],
      [281, 241, 0],
      [322, 242, 0],
    ],
  );
  assert.equal(withDts.counters.backward, 2);
  const without = timeline();
  assert.deepEqual(
    repair(without, [
      [0, undefined, true],
      [120, undefined],
      [40, undefined],
      [80, undefined],
      [100, undefined, true],
      [140, undefined],
      [300, undefined, true],
    ]).map(([pts]) => pts),
    [0, 120, 40, 80, 121, 161, 300],
  );
});

for (const [times, backsMs] of Object.entries({
  'PTS and DTS': [5, 40, 300, 800, 1_000],
  // As rtspsrc gives them; up to 2 s it could be B-frames.
  'a PTS alone': [5, 40, 300, 800, 1_300, 1_900],
})) {
  test(`a source with ${times} whose time goes back a little: all frames, in fragments that follow each other`, async () => {
    for (const backMs of backsMs) {
      for (const at of [60, 70, 75, 90]) {
        const rig = await makeRig(TRACK);
        for (const [i, one] of [...video(180)].entries()) {
          const ptsNs = (one.ptsNs ?? 0n) - (i < at ? 0n : BigInt(backMs) * MS);
          const dtsNs = times === 'a PTS alone' ? undefined : ptsNs;
          rig.stream.putFrame({ ...one, ptsNs, dtsNs });
        }
        await rig.stream.stop();
        const sessions = rig.sink.read();
        const what = `${backMs} ms back at frame ${at}`;
        assert.deepEqual(ids(sessions[0]), range(180), what);
        const clusters = sessions[0]?.clusters ?? [];
        for (const [i, { timecode, blocks }] of clusters.entries()) {
          assert.ok(i === 0 || timecode > (clusters[i - 1]?.timecode ?? 0), what);
          const firstMs = Math.min(...blocks.map(({ relative }) => relative));
          assert.ok(firstMs >= -1_000, `${what}: ${firstMs} ms`);
          if (times !== 'a PTS alone') assert.ok(firstMs >= 0, what);
        }
      }
    }
  });
}

test('a large step back waits for a key frame; until then the old timeline goes on', () => {
  const line = timeline();
  assert.deepEqual(
    repair(line, [
      [9_000, 9_000],
      [9_040, 9_040],
      [0, 0],
      [40, 40],
      [80, 80, true],
      [120, 120],
    ]),
    [
      [9_000, 9_000, 0],
      [9_040, 9_040, 0],
      [9_080, 9_080, 0],
      [9_120, 9_120, 0],
      [80, 80, 1],
      [120, 120, 1],
    ],
  );
  assert.ok(line.counters.backward >= 1);
});

test('a large step forward is kept as it is, and counted', () => {
  const line = timeline();
  assert.deepEqual(
    repair(line, [
      [0, 0],
      [60_000, 60_000],
    ])[1],
    [60_000, 60_000, 0],
  );
  assert.equal(line.counters.forwardJumps, 1);
});

test('frame-timecodes=false: the clock, never twice the same', () => {
  assert.deepEqual(
    repair(timeline(true, false), [
      [1, 1],
      [1, 1],
    ]).map(([pts]) => pts),
    [5_000, 5_001],
  );
});

test('a source whose time begins again goes on in a session of its own, with nothing lost', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(100, { startMs: 50_000 })) rig.stream.putFrame(one);
  for (const one of video(60, { startMs: 0, firstId: 100 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.map((s) => s.clusters.map(({ timecode }) => timecode)),
    [
      [50_000, 51_000, 52_000, 53_000],
      [0, 1_000],
    ],
  );
  assert.deepEqual(
    sessions.flatMap((s) => ids(s)),
    range(160),
  );
  assert.ok(rig.stream.metrics().timestamps.backward > 0);
});

test('a jump forward begins a fragment in the same session, with nothing lost', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(45)) rig.stream.putFrame(one);
  for (const one of video(45, { startMs: 3_600_000, firstId: 45 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session, ...more] = rig.sink.read();
  assert.deepEqual(more, []);
  assert.deepEqual(
    session?.clusters.map(({ timecode }) => timecode),
    [0, 1_000, 3_600_000, 3_601_000],
  );
  assert.deepEqual(ids(session), range(90));
});

test('a jump forward without a key frame is a fragment too', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(10)) rig.stream.putFrame(one);
  rig.stream.putFrame(frame(1, 100_000, videoUnit(10, false)));
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(
    session?.clusters.map(({ timecode }) => timecode),
    [0, 100_000],
  );
  assert.deepEqual(ids(session), range(11));
});

test('discontinuity(): the fragment ends and the next key frame begins one, also in the past', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(15, { startMs: 90_000 })) rig.stream.putFrame(one);
  rig.stream.discontinuity();
  rig.stream.putFrame(frame(1, 0, videoUnit(99, false)));
  for (const one of video(15, { startMs: 33, firstId: 15 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.flatMap((s) => ids(s)),
    range(30),
  );
  assert.equal(rig.stream.metrics().skippedFrames, 1);
});

test('frames without times are stored at the frame rate', async () => {
  const rig = await makeRig({ ...TRACK, frameRate: 20 });
  const startMs = rig.clock.nowMs();
  for (let i = 0; i < 5; i++) {
    rig.stream.putFrame(frame(1, undefined, videoUnit(i, i === 0), { isKeyFrame: i === 0 }));
  }
  await rig.stream.stop();
  const blocks = rig.sink.read()[0]?.clusters[0]?.blocks ?? [];
  assert.deepEqual(
    blocks.map(({ timecode }) => timecode - startMs),
    [0, 50, 100, 150, 200],
  );
  assert.equal(rig.stream.metrics().timestamps.missing, 5);
});
