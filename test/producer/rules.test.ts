import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, decideBoundary } from '../../src/producer/packaging/boundary.ts';
import { FragmentRate } from '../../src/producer/packaging/fragment-rate.ts';
import { LatencyGuard } from '../../src/producer/reports/latency-guard.ts';
import { TrackTimeline } from '../../src/producer/tracks/track-timeline.ts';
import { ManualClock } from '../support/manual-clock.ts';

// Rules whose edges a stream of frames hardly ever meets, asked directly.

const SECOND_NS = 1_000_000_000n;
const RULES = {
  keyFrameFragmentation: true,
  fragmentDurationNs: 2n * SECOND_NS,
  maxFragmentBytes: 1_000_000,
};
const KEY_FRAME: Candidate = {
  isLead: true,
  isVideo: true,
  isKeyFrame: true,
  isDiscontinuity: false,
  isTooFrequent: false,
  isNewTimeline: false,
  hasNewFormat: false,
  elapsedNs: 2n * SECOND_NS,
  durationNs: 0n,
  relative: 2_000n,
  byteLength: 1_000,
  isTrackMissing: false,
};

test('latency: the pauses between resets double up to eight minutes, and start over after a calm', () => {
  const clock = new ManualClock();
  const guard = new LatencyGuard(clock, 1_000);
  const resetsMs: number[] = [];
  const press = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      if (guard.mayReset()) resetsMs.push(clock.monotonicMs());
      clock.pass(1_000);
    }
  };
  press(2_400);
  const pauses = (): number[] =>
    resetsMs.slice(1).map((ms, index) => (ms - (resetsMs[index] ?? 0)) / 1_000);
  assert.deepEqual(pauses(), [30, 60, 120, 240, 480, 480, 480, 480]);
  clock.pass(91_000);
  resetsMs.length = 0;
  press(100);
  assert.deepEqual(pauses(), [30, 60]);
});

test('five fragments a second are counted in the time of the media, from any start', () => {
  const rate = new FragmentRate();
  for (let n = 0n; n < 5n; n++) rate.began((n * SECOND_NS) / 10n);
  assert.equal(rate.isFull(SECOND_NS / 2n), true);
  assert.equal(rate.isFull(SECOND_NS), false);
  assert.equal(rate.isFull(-SECOND_NS), false, 'a timeline that went back');
});

test('a key frame waits for a track without frames, but not beyond ten seconds', () => {
  const waits = decideBoundary({ ...KEY_FRAME, isTrackMissing: true }, RULES);
  assert.deepEqual(waits, { begin: false, joined: 'missing-track' });
  const elapsedNs = 10n * SECOND_NS;
  const goes = decideBoundary({ ...KEY_FRAME, isTrackMissing: true, elapsedNs }, RULES);
  assert.deepEqual(goes, { begin: true, reason: 'key-frame' });
});

test('at ten seconds sound lets the picture begin the fragment, for a fifth of a second', () => {
  const sound = { ...KEY_FRAME, isLead: false, isVideo: false };
  const at = (elapsedNs: bigint) => decideBoundary({ ...sound, elapsedNs }, RULES).begin;
  assert.equal(at(10n * SECOND_NS), false);
  assert.equal(at((102n * SECOND_NS) / 10n), true);
});

test('B-frames without a DTS go back and are no fault of the source', () => {
  const timeline = new TrackTimeline({
    reorders: true,
    unitNs: 1_000_000n,
    defaultIntervalNs: 40_000_000n,
    useFrameTimes: true,
    nowNs: () => 0n,
  });
  const data = new Uint8Array(1);
  for (const ptsMs of [0n, 120n, 40n, 80n]) {
    const ptsNs = ptsMs * 1_000_000n;
    const isKeyFrame = ptsMs === 0n;
    const frame = { trackId: 1, ptsNs, dtsNs: undefined, durationNs: 0n, isKeyFrame, data };
    timeline.repair(frame, isKeyFrame, undefined);
  }
  assert.equal(timeline.counters.backward, 0);
});
