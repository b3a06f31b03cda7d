import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Frame } from '../../src/producer/info/frame.ts';
import { VIDEO_TRACK, video } from './support/media.ts';
import { ids, type StoredCluster } from './support/read-session.ts';
import { makeRig, type Rig, range, warnings } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };
const MAX_PER_SECOND = 5;

/** Clusters of all sessions, with times in ms. */
function clustersOf(rig: Rig): { startMs: number; endMs: number; cluster: StoredCluster }[] {
  return rig.sink.read().flatMap(({ clusters }, i) => {
    const scaleMs = (rig.sink.formats[i]?.header.timecodeScaleNs ?? 0) / 1e6;
    return clusters.map((cluster) => ({
      startMs: cluster.timecode * scaleMs,
      endMs: Math.max(...cluster.blocks.map(({ timecode }) => timecode)) * scaleMs,
      cluster,
    }));
  });
}

/** The most fragments that start within any second. */
function busiestSecond(rig: Rig): number {
  const starts = clustersOf(rig).map(({ startMs }) => startMs);
  return Math.max(
    ...starts.map((from) => starts.filter((s) => s >= from && s < from + 999).length),
  );
}

for (const wanted of [100, 999, 30_000, 99_999]) {
  test(`a timecode scale of ${wanted} ns is raised to a multiple with which a second fits`, async () => {
    const { log, lines } = warnings();
    const rig = await makeRig({ ...TRACK, timecodeScaleNs: wanted }, { logger: log });
    for (const one of video(600, { gop: 300 })) rig.stream.putFrame(one);
    await rig.stream.stop();
    const used = rig.sink.formats[0]?.header.timecodeScaleNs ?? 0;
    assert.equal(used % wanted, 0);
    assert.ok(used >= 100_000 && used < 100_000 + wanted);
    assert.deepEqual(ids(rig.sink.read()[0]), range(600));
    const fragments = clustersOf(rig);
    for (const { startMs, endMs } of fragments.slice(0, -1)) {
      assert.ok(endMs - startMs > 1_000 && endMs - startMs < 10_000);
    }
    assert.ok(lines.some(({ message }) => /timecode scale is raised/.test(message)));
  });
}

test('a timecode scale of 0.1 ms is used as it is', async () => {
  const { log, lines } = warnings();
  const rig = await makeRig({ ...TRACK, timecodeScaleNs: 100_000 }, { logger: log });
  for (const one of video(60)) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.equal(rig.sink.formats[0]?.header.timecodeScaleNs, 100_000);
  assert.deepEqual(lines, []);
});

test('fragments that are ended after each frame: five a second, nothing lost, a warning', async () => {
  const { log, lines } = warnings();
  const rig = await makeRig(TRACK, { logger: log });
  for (const one of video(60, { gop: 1, fps: 20 })) {
    rig.stream.putFrame(one);
    rig.stream.endFragment();
  }
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(60));
  assert.equal(busiestSecond(rig), MAX_PER_SECOND);
  assert.equal(rig.sink.fragments.at(-1)?.eofr, true);
  assert.ok(lines.some(({ message }) => /five times a second/.test(message)));
});

test('a source that interrupts itself at each key frame: five fragments a second, nothing lost', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(60, { gop: 1, fps: 20 })) {
    rig.stream.putFrame({ ...one, isDiscontinuity: true });
  }
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(60));
  assert.equal(busiestSecond(rig), MAX_PER_SECOND);
});

test('whatever the key frames: 1 to 10 seconds, 5 a second, nothing lost', async () => {
  const run = fc.record({
    frames: fc.integer({ min: 1, max: 200 }),
    gop: fc.integer({ min: 1, max: 400 }),
    stepMs: fc.integer({ min: 10, max: 400 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 6 }), async (runs) => {
      const rig = await makeRig({ ...TRACK, bufferDurationMs: 1e9 });
      let id = 0;
      let startMs = 0;
      let longestStepMs = 0;
      for (const { frames, gop, stepMs } of runs) {
        const some: Frame[] = [...video(frames, { gop, fps: 1000 / stepMs, startMs, firstId: id })];
        for (const one of some) rig.stream.putFrame(one);
        id += frames;
        startMs += frames * stepMs;
        longestStepMs = Math.max(longestStepMs, stepMs);
      }
      await rig.stream.stop();
      assert.deepEqual(ids(rig.sink.read()[0]), range(id));
      const fragments = clustersOf(rig);
      for (const [i, { startMs: fromMs, endMs }] of fragments.entries()) {
        assert.ok(endMs - fromMs <= 10_000, `${endMs - fromMs} ms`);
        const next = fragments[i + 1];
        // Half a frame of tolerance, as for a GOP of exactly a second.
        assert.ok(next === undefined || next.startMs - fromMs >= 1_000 - longestStepMs / 2 - 1);
      }
      assert.ok(busiestSecond(rig) <= MAX_PER_SECOND);
    }),
    { numRuns: 60 },
  );
});
