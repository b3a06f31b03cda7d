import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSkew } from '../../src/aws/signing/clock-skew.ts';
import type { StreamInfo } from '../../src/producer/info/stream-info.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { AV_TRACKS, audioUnit, frame, VIDEO_TRACK, videoUnit } from './support/media.ts';
import { makeRig, noAccess } from './support/rig.ts';
import type { SinkOptions } from './support/sink-uploader.ts';

const YEARS_MS = 6 * 365 * 86_400_000;
const HOUR_MS = 3_600_000;
const FPS = 10;
/** The first fragment waits so long for a track that has no frames. */
const WAIT_MS = 2_000;
const PICTURES = { trackInfoList: VIDEO_TRACK } as StreamInfo;
const WITH_SOUND = { trackInfoList: AV_TRACKS } as StreamInfo;

/** A machine whose wall clock is wrong, and may be set. */
class WrongClock extends ManualClock {
  wrongByMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.wrongByMs;
  }

  get trueMs(): number {
    return super.nowMs();
  }
}

/** A camera on that machine: 10 pictures a second, a key frame each second, maybe sound. */
async function camera(
  wrongByMs: number,
  { hasSound = false, ...info }: StreamInfo & { readonly hasSound?: boolean } = {},
  options: SinkOptions = {},
) {
  const clock = new WrongClock();
  clock.wrongByMs = wrongByMs;
  const skew = new ClockSkew(clock);
  const access = { ...noAccess, controlPlane: { clockSkew: skew } as typeof noAccess.controlPlane };
  const rig = await makeRig(
    { ...(hasSound ? WITH_SOUND : PICTURES), clockErrors: 'correct', ...info },
    { clock, access, ...options },
  );
  const errors: { byMs: number; isCorrected: boolean; sentFragments: number }[] = [];
  rig.stream.on('clockError', (error) => errors.push(error));
  // The first stamp is the machine's wall clock, and the clock runs evenly since: as the host does.
  const stampsMs = clock.nowMs() - clock.monotonicMs();
  const trueTimes: number[] = [];
  let count = 0;
  return {
    rig,
    clock,
    errors,
    trueTimes,
    service: () => skew.observe(new Date(clock.trueMs).toUTCString()),
    async film(seconds: number): Promise<void> {
      for (let i = 0; i < seconds * FPS; i++) {
        const isKeyFrame = count % FPS === 0;
        const atMs = clock.monotonicMs() + stampsMs;
        trueTimes.push(clock.trueMs);
        rig.stream.putFrame(frame(1, atMs, videoUnit(count, isKeyFrame), { isKeyFrame }));
        if (hasSound) rig.stream.putFrame(frame(2, atMs + 7, audioUnit(1_000_000 + count)));
        count += 1;
        await clock.advance(1000 / FPS);
      }
    },
  };
}

/** What was stored, by frame, as (session, epoch ms). */
function stored(cam: Awaited<ReturnType<typeof camera>>) {
  const { sink } = cam.rig;
  return sink.read().flatMap(({ clusters }, session) => {
    const startMs = sink.formats[session]?.producerStartMs ?? 0;
    return clusters.flatMap(({ blocks }) =>
      blocks
        .filter(({ track }) => track === 1)
        .map(({ timecode, id }) => ({ session, id, timeMs: timecode + startMs })),
    );
  });
}

/** Clusters of each session rise, as KVS wants them. */
function assertRising(cam: Awaited<ReturnType<typeof camera>>): void {
  for (const { clusters } of cam.rig.sink.read()) {
    for (const [index, { timecode }] of clusters.entries()) {
      assert.ok(index === 0 || timecode > (clusters[index - 1]?.timecode ?? 0), 'clusters rise');
    }
  }
}

for (const [name, wrongByMs] of [
  ['2020', -YEARS_MS],
  ['2032', YEARS_MS],
] as const) {
  for (const absoluteFragmentTimes of [true, false]) {
    for (const hasSound of [false, true]) {
      const what = `${absoluteFragmentTimes ? 'absolute' : 'relative'}, ${hasSound ? 'with' : 'without'} sound`;
      test(`in ${name} until the service answers: all that waited is set right (${what})`, async () => {
        const cam = await camera(wrongByMs, { absoluteFragmentTimes, hasSound }, { reads: false });
        await cam.film(5);
        cam.service();
        await cam.film(1.5);
        cam.rig.sink.reads = true;
        cam.rig.sink.pump();
        await cam.film(3.5);
        await cam.rig.stream.stop();
        const frames = stored(cam);
        assert.deepEqual(
          frames.map(({ id }) => id),
          cam.trueTimes.map((_, index) => index),
        );
        for (const { id, timeMs } of frames) {
          assert.ok(Math.abs(timeMs - (cam.trueTimes[id] ?? 0)) <= 1_001, `${id}: ${timeMs}`);
        }
        assertRising(cam);
        assert.equal(cam.errors.length, 1);
        assert.equal(cam.errors[0]?.sentFragments, 0);
      });

      test(`in ${name} while it streams: right from the next fragment on (${what})`, async () => {
        const cam = await camera(wrongByMs, { absoluteFragmentTimes, hasSound });
        await cam.film(3.5);
        cam.service();
        await cam.film(3.5);
        await cam.rig.stream.stop();
        const frames = stored(cam);
        assert.equal(frames.length, 70);
        for (const { id, timeMs } of frames) {
          const right = (cam.trueTimes[id] ?? 0) + (id < 40 ? wrongByMs : 0);
          assert.ok(Math.abs(timeMs - right) <= 1_001, `${id}: off by ${timeMs - right}`);
        }
        assertRising(cam);
        assert.equal(cam.errors.length, 1);
      });
    }
  }
}

test('a clock that is set before the service was heard is followed', async () => {
  const cam = await camera(-YEARS_MS);
  await cam.film(2.5);
  cam.clock.wrongByMs = 0;
  await cam.film(2.5);
  cam.service();
  await cam.film(1);
  await cam.rig.stream.stop();
  for (const { id, timeMs } of stored(cam)) {
    const right = (cam.trueTimes[id] ?? 0) - (id < 30 ? YEARS_MS : 0);
    assert.equal(timeMs, right, `${id}`);
  }
  assert.equal(cam.errors.length, 1);
});

for (const byMs of [HOUR_MS, -HOUR_MS]) {
  test(`a right clock that is set wrong by ${byMs} ms moves nothing: the service has said so`, async () => {
    const cam = await camera(0);
    cam.service();
    await cam.film(3);
    cam.clock.wrongByMs = byMs;
    await cam.film(3);
    cam.service();
    await cam.film(2);
    await cam.rig.stream.stop();
    for (const { id, timeMs } of stored(cam)) assert.equal(timeMs, cam.trueTimes[id]);
    assert.deepEqual(cam.errors, []);
  });
}

test('a machine that slept: its clock is right afterwards, as the next answer confirms', async () => {
  const cam = await camera(0);
  cam.service();
  await cam.film(3);
  // CLOCK_MONOTONIC stands still meanwhile, and so do the stamps.
  const sleptMs = HOUR_MS;
  cam.clock.wrongByMs = sleptMs;
  await cam.film(1);
  const skew = cam.rig.producer;
  assert.ok(skew);
  cam.rig.stream.clockMeasured({ differenceMs: 300, toleranceMs: 4_000 });
  await cam.film(2);
  await cam.rig.stream.stop();
  for (const { id, timeMs } of stored(cam)) {
    assert.equal(timeMs, (cam.trueTimes[id] ?? 0) + (id < 40 ? 0 : sleptMs));
  }
});

test('a few seconds are left alone: a Date header is no more exact', async () => {
  const cam = await camera(-3_500);
  await cam.film(2);
  cam.service();
  await cam.film(2);
  await cam.rig.stream.stop();
  assert.deepEqual(cam.errors, []);
  for (const { id, timeMs } of stored(cam)) assert.equal(timeMs, (cam.trueTimes[id] ?? 0) - 3_500);
});

test('report: the error is reported once, and no time is changed', async () => {
  const cam = await camera(-YEARS_MS, { clockErrors: 'report' });
  await cam.film(2);
  cam.service();
  cam.service();
  await cam.film(2);
  await cam.rig.stream.stop();
  assert.deepEqual(
    cam.errors.map(({ isCorrected }) => isCorrected),
    [false],
  );
  for (const { id, timeMs } of stored(cam)) {
    assert.equal(timeMs, (cam.trueTimes[id] ?? 0) - YEARS_MS);
  }
});

test('ignore, the default of a producer: times are whatever the application says', async () => {
  const cam = await camera(-YEARS_MS, { clockErrors: 'ignore' });
  await cam.film(2);
  cam.service();
  await cam.film(2);
  assert.deepEqual(cam.errors, []);
});

test('frames that are stamped when they are put follow no step of the clock, but what is right', async () => {
  const cam = await camera(HOUR_MS, { frameTimecodes: false });
  await cam.film(2);
  cam.clock.wrongByMs = 0;
  await cam.film(3);
  await cam.rig.stream.stop();
  for (const { id, timeMs } of stored(cam)) {
    assert.equal(timeMs, (cam.trueTimes[id] ?? 0) + (id <= 19 ? HOUR_MS : 0), `${id}`);
  }
});

test('losses are reported with the times that the frames around them are stored with', async () => {
  const cam = await camera(-YEARS_MS);
  const told: bigint[] = [];
  cam.rig.stream.on('droppedFrame', ({ ptsNs }) => told.push((ptsNs ?? 0n) / 1_000_000n));
  const lose = (): number => {
    const stampMs = cam.clock.trueMs - YEARS_MS;
    const drop = { frames: 1, ptsNs: BigInt(stampMs) * 1_000_000n, reason: 'ring-full' };
    cam.rig.stream.leftOut(1, drop);
    return cam.clock.trueMs;
  };
  await cam.film(1);
  lose();
  const heldMs = lose();
  cam.service();
  await cam.film(2);
  const laterMs = lose();
  await cam.rig.stream.stop();
  const byMs = cam.errors[0]?.byMs ?? 0;
  assert.equal(byMs, YEARS_MS + 500);
  assert.deepEqual(told.slice(1), [BigInt(heldMs + 500), BigInt(laterMs + 500)]);
});

test('a clock that is set cuts the back-off short: what refused the old time may not refuse this one', async () => {
  const cam = await camera(-YEARS_MS);
  await cam.film(2);
  assert.equal(cam.rig.sink.retries, 0);
  cam.clock.wrongByMs = 0;
  await cam.film(1.5);
  assert.equal(cam.rig.sink.retries, 1);
});

for (const [when, frames] of [
  ['before the first fragment', 1],
  ['later', 25],
] as const) {
  for (const how of ['the clock is set', 'the service answers']) {
    test(`offline with relative times: the beginning is right once ${how} (${when})`, async () => {
      const info = {
        streamingType: 'offline',
        absoluteFragmentTimes: false,
        hasSound: true,
      } as const;
      const cam = await camera(-YEARS_MS, info, { reads: false });
      const told: (bigint | undefined)[] = [];
      cam.rig.stream.on('droppedFrame', ({ ptsNs }) => told.push(ptsNs));
      const startMs = cam.clock.trueMs;
      const put = async (from: number, until: number): Promise<void> => {
        for (let i = from; i < until; i++) {
          const isKeyFrame = i % FPS === 0;
          const atMs = (i * 1000) / FPS;
          cam.rig.stream.putFrame(frame(1, atMs, videoUnit(i, isKeyFrame), { isKeyFrame }));
          await cam.clock.advance(1000 / FPS);
        }
      };
      await put(0, frames);
      if (how === 'the clock is set') cam.clock.wrongByMs = 0;
      else cam.service();
      await put(frames, 45);
      cam.rig.stream.leftOut(1, { frames: 1, ptsNs: 4_500_000_000n, reason: 'ring-full' });
      cam.rig.sink.reads = true;
      cam.rig.sink.pump();
      await cam.rig.stream.stop();
      assert.deepEqual(told, [4_500_000_000n], 'times of the medium stay what they are');
      const all = stored(cam);
      assert.equal(all.length, 45);
      for (const { id, timeMs } of all) {
        const lateMs = timeMs - startMs - (id * 1000) / FPS;
        assert.ok(lateMs >= -1 && lateMs <= WAIT_MS + 1_001, `${id}: late by ${lateMs} ms`);
      }
      assertRising(cam);
    });
  }
}
