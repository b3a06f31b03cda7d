import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** @returns how often a timer of that length has fired, asked after some milliseconds. */
function start(t: TestContext, delayMs: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let fired = 0;
  const timer = systemClock.after(delayMs, () => fired++);
  const firedAfter = (ms: number): number => {
    t.mock.timers.tick(ms);
    return fired;
  };
  return { timer, firedAfter };
}

for (const delayMs of [0, 1, LONGEST_TIMEOUT_MS, 2 ** 31, 3 * 2 ** 31 + 7]) {
  test(`a timer of ${delayMs} ms fires once, and then`, (t) => {
    const { firedAfter } = start(t, delayMs);
    let left = delayMs - 1;
    for (; left > LONGEST_TIMEOUT_MS; left -= LONGEST_TIMEOUT_MS) {
      assert.equal(firedAfter(LONGEST_TIMEOUT_MS), 0);
    }
    if (left >= 0) assert.equal(firedAfter(left), 0);
    assert.equal(firedAfter(1), 1);
    assert.equal(firedAfter(LONGEST_TIMEOUT_MS), 1);
  });
}

test('a long timer is cancelled in its second part too', (t) => {
  const { timer, firedAfter } = start(t, 2 ** 31 + 5);
  assert.equal(firedAfter(LONGEST_TIMEOUT_MS), 0);
  timer.cancel();
  assert.equal(firedAfter(100), 0);
});
