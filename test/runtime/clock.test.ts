import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';

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
