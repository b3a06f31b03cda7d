import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../src/producer/info/frame.ts';
import { AV_TRACKS, audioUnit, frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids, type ReadSession } from './support/read-session.ts';
import { makeRig, putLive, range, warnings } from './support/rig.ts';

const VIDEO_ONLY = { trackInfoList: VIDEO_TRACK ?? [] };
const TRACKS = { trackInfoList: AV_TRACKS ?? [] };
const FRAME_MS = 40;

type Picture = { ptsMs: number; dtsMs: number | undefined; isKeyFrame: boolean };

/**
 * Pictures in decoding order, in groups of 25, with two B-frames between the others. Open: the key
 * frame of each group but the first is followed by two that are shown before it.
 */
function reordered(groups: number, options: { open: boolean; hasDts: boolean }): Picture[] {
  const order = [
    0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14, 18, 16, 17, 21, 19, 20, 24, 22, 23,
  ];
  const openOrder = [2, 0, 1, ...order.slice(4).map((n) => n - 1), 24];
  return range(groups * 25).map((i): Picture => {
    const group = Math.floor(i / 25);
    const place = i % 25;
    const shown = group > 0 && options.open ? openOrder[place] : order[place];
    const ptsMs = (group * 25 + (shown ?? 0)) * FRAME_MS;
    const dtsMs = options.hasDts ? (i - 2) * FRAME_MS : undefined;
    return { ptsMs, dtsMs, isKeyFrame: place === 0 };
  });
}

function pictures(list: readonly Picture[]): Frame[] {
  return list.map(({ ptsMs, dtsMs, isKeyFrame }, i) => ({
    ...frame(1, ptsMs, videoUnit(i, isKeyFrame), { isKeyFrame }),
    dtsNs: dtsMs === undefined ? undefined : BigInt(dtsMs) * 1_000_000n,
  }));
}

function sound(count: number, startMs: number, firstId = 0): Frame[] {
  return range(count).map((i) =>
    frame(2, startMs + i * FRAME_MS, audioUnit(firstId + i), { isKeyFrame: true }),
  );
}

function clusterTimes(session: ReadSession | undefined): number[] {
  return (session?.clusters ?? []).map(({ timecode }) => timecode);
}

function earliest(session: ReadSession | undefined): number {
  const times = (session?.clusters ?? []).flatMap(({ blocks }) => blocks.map((b) => b.relative));
  return Math.min(...times);
}

test('closed GOP with B-frames: each fragment starts at its key frame', async () => {
  const rig = await makeRig(VIDEO_ONLY);
  const list = reordered(4, { open: false, hasDts: true });
  for (const one of pictures(list)) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(clusterTimes(session), [0, 1000, 2000, 3000]);
  assert.equal(earliest(session), 0);
});

for (const hasDts of [true, false]) {
  test(`open GOP ${hasDts ? 'with' : 'without'} DTS: a fragment starts with the pictures shown before its key frame`, async () => {
    const rig = await makeRig(VIDEO_ONLY);
    const list = reordered(4, { open: true, hasDts });
    for (const one of pictures(list)) rig.stream.putFrame(one);
    await rig.stream.stop();
    const [session] = rig.sink.read();
    assert.deepEqual(clusterTimes(session), [0, 1000, 2000, 3000]);
    assert.deepEqual(
      session?.clusters.map(({ blocks }) => blocks.slice(0, 3).map(({ relative }) => relative)),
      [
        [0, 120, 40],
        [80, 0, 40],
        [80, 0, 40],
        [80, 0, 40],
      ],
    );
    const stored = session?.clusters.flatMap(({ blocks }) => blocks.map((b) => b.timecode));
    assert.deepEqual(
      stored,
      list.map(({ ptsMs }) => ptsMs),
    );
  });
}

test('sound that is heard before a key frame is stored before it, whatever its DTS says', async () => {
  const rig = await makeRig(TRACKS);
  const frames = [...pictures(reordered(4, { open: false, hasDts: true })), ...sound(100, 10)];
  // As a muxed file has them: by decoding time.
  const time = ({ dtsNs, ptsNs }: Frame): number => Number(dtsNs ?? ptsNs);
  for (const one of frames.sort((a, b) => time(a) - time(b))) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session, 1), range(100));
  assert.deepEqual(ids(session, 2), range(100));
  assert.deepEqual(clusterTimes(session), [0, 1000, 2000, 3000]);
  assert.equal(earliest(session), 0);
});

for (const absoluteFragmentTimes of [true, false]) {
  test(`sound before the first key frame goes with the first fragment, which starts with it (absolute times: ${absoluteFragmentTimes})`, async () => {
    const rig = await makeRig({ ...TRACKS, absoluteFragmentTimes });
    await putLive(rig, [
      ...sound(7, 5_000),
      ...merged(video(30, { startMs: 5_290 }), sound(20, 5_280, 7)),
    ]);
    await rig.stream.stop();
    const [session] = rig.sink.read();
    assert.deepEqual(ids(session, 2), range(27));
    assert.deepEqual(ids(session, 1), range(30));
    assert.deepEqual(clusterTimes(session), [absoluteFragmentTimes ? 5_000 : 0]);
    const [first, second] = session?.clusters[0]?.blocks ?? [];
    assert.deepEqual([first?.isKeyFrame, first?.relative, second?.relative], [true, 290, 0]);
  });
}

test('sound that comes back in mid-fragment goes with the next one, which starts with it', async () => {
  const rig = await makeRig(TRACKS);
  const picture = [...video(300)];
  // Five seconds with sound, three without, then sound again from the middle of a fragment.
  const frames = merged(picture, [...sound(125, 0), ...sound(37, 8_500, 125)]);
  await putLive(rig, frames);
  await rig.stream.stop();
  const sessions = rig.sink.read();
  assert.deepEqual(
    sessions.flatMap((session) => ids(session, 2)),
    range(162),
  );
  assert.deepEqual(
    sessions.flatMap((session) => ids(session, 1)),
    range(300),
  );
  assert.ok(sessions.length >= 3);
  for (const session of sessions) assert.ok(earliest(session) >= 0);
  assert.equal(sessions.at(-1)?.clusters[0]?.timecode, 8_500);
});

test('sound that is later than the others wait keeps its times, before its fragment if it must be', async () => {
  const { log, lines } = warnings();
  const rig = await makeRig({ ...TRACKS, interleaveWaitMs: 100 }, { logger: log });
  // Half a second late, all the time.
  const late = sound(75, 0).map((one) => ({ one, atMs: Number(one.ptsNs) / 1e6 + 500 }));
  const picture = [...video(105)].map((one) => ({ one, atMs: Number(one.ptsNs) / 1e6 }));
  let nowMs = 0;
  for (const { one, atMs } of [...late, ...picture].sort((a, b) => a.atMs - b.atMs)) {
    await rig.clock.advance(atMs - nowMs);
    nowMs = atMs;
    rig.stream.putFrame(one);
  }
  await rig.stream.stop();
  const sessions = rig.sink.read();
  const blocks = sessions.flatMap(({ clusters }) => clusters.flatMap((c) => c.blocks));
  assert.deepEqual(
    blocks.filter(({ track }) => track === 2).map(({ id }) => id),
    range(75),
  );
  assert.ok(blocks.some(({ relative }) => relative < 0));
  assert.ok(lines.some(({ message }) => /too late for their own fragment/.test(message)));
});

/** Frames in the order in which a live source would deliver them. */
function merged(...sources: Iterable<Frame>[]): Frame[] {
  return sources
    .flatMap((source) => [...source])
    .sort((a, b) => Number((a.ptsNs ?? 0n) - (b.ptsNs ?? 0n)));
}
