import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicClock } from '../../src/host/times/monotonic.ts';
import { systemClock, wallClockAheadMs } from '../../src/runtime/clock.ts';

/** Resolves once a timer that was started later than all those before has fired. */
function laterTimer() {
  return new Promise<void>((resolve) => setTimeout(resolve, 20));
}

for (const delayMs of [2 ** 31, 2 ** 32 - 1, (2 ** 32 - 1) * 1000, Number.POSITIVE_INFINITY]) {
  test(`a timer of ${delayMs} ms does not fire at once`, async (t) => {
    const fired = t.mock.fn();
    const timer = systemClock.after(delayMs, fired);
    await laterTimer();
    timer.cancel();
    assert.equal(fired.mock.callCount(), 0);
  });
}

/** What setTimeout can wait for at most. */
const PART_MS = 2 ** 31 - 1;

test('a timer longer than setTimeout can be fires when its time is over, and once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const fired = t.mock.fn();
  systemClock.after(2 * PART_MS + 10, fired);
  for (const stepMs of [PART_MS, PART_MS, 9]) t.mock.timers.tick(stepMs);
  assert.equal(fired.mock.callCount(), 0);
  t.mock.timers.tick(1);
  assert.equal(fired.mock.callCount(), 1);
  t.mock.timers.tick(PART_MS);
  assert.equal(fired.mock.callCount(), 1);
});

test('a timer longer than setTimeout can be is cancelled in each of its parts', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const fired = t.mock.fn();
  const timer = systemClock.after(2 * PART_MS + 10, fired);
  for (const stepMs of [PART_MS, PART_MS]) t.mock.timers.tick(stepMs);
  timer.cancel();
  t.mock.timers.tick(PART_MS);
  assert.equal(fired.mock.callCount(), 0);
});

/** Clocks of a process that is kept waiting for 125 ms before these of its reads. */
function interrupted(...reads: number[]) {
  let ms = 0;
  let read = 0;
  const passed = (): number => {
    if (reads.includes(++read)) ms += 125;
    ms += 0.01;
    return ms;
  };
  return { nowMs: () => 1_700_000_000_000 + passed(), monotonicMs: passed };
}

for (const reads of [[1], [2], [3], [2, 3], [2, 5, 9], [3, 6]]) {
  test(`a process kept waiting at read ${reads} takes that for no difference of clocks`, () => {
    const aheadMs = wallClockAheadMs(interrupted(...reads));
    assert.ok(Math.abs(aheadMs - 1_700_000_000_000) < 0.1, `${aheadMs}`);
  });
}

test('a moment has the wall clock of then, also where the process is kept waiting', () => {
  const clock = interrupted(3, 4);
  const nowNs = (): bigint => BigInt(Math.round(clock.monotonicMs() * 1e6));
  const { wallClockNs } = monotonicClock({ ...systemClock, nowMs: clock.nowMs }, nowNs);
  const offNs = wallClockNs(5_000_000n) - 1_700_000_000_005_000_000n;
  assert.ok(offNs > -100_000n && offNs < 100_000n, `${offNs}`);
});

test('where reads never lie together, the nearest ones count', () => {
  const apartMs = [50, 20, 3, 40, 30];
  let ms = 0;
  let read = 0;
  const aheadMs = wallClockAheadMs({
    monotonicMs: () => ms,
    nowMs: () => {
      const wallMs = 1_000 + ms;
      ms += apartMs[read++] ?? 0;
      return wallMs + (read === 3 ? 0 : 7);
    },
  });
  assert.equal(read, 5);
  assert.equal(aheadMs, 1_000);
});
