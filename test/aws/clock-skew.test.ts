import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSkew } from '../../src/aws/signing/clock-skew.ts';
import { ManualClock } from '../support/manual-clock.ts';

const TRUE_START = '2026-11-21T09:00:00Z';
const YEARS_MS = 56 * 365 * 86_400_000;
const HOUR_MS = 3_600_000;

/** A machine whose wall clock is wrong, and may be set. */
class WrongClock extends ManualClock {
  wrongByMs: number;

  constructor(wrongByMs: number) {
    super(TRUE_START);
    this.wrongByMs = wrongByMs;
  }

  override nowMs(): number {
    return super.nowMs() + this.wrongByMs;
  }

  get trueMs(): number {
    return super.nowMs();
  }
}

function machine(wrongByMs: number) {
  const clock = new WrongClock(wrongByMs);
  const skew = new ClockSkew(clock);
  return {
    clock,
    skew,
    answer: (roundTripMs?: number) =>
      skew.observe(new Date(clock.trueMs).toUTCString(), roundTripMs),
    errorMs: () => Math.abs(skew.now().getTime() - clock.trueMs),
  };
}

test('a small difference of clocks, or none, leaves the time alone', () => {
  const { skew } = machine(0);
  assert.equal(skew.observe('Sat, 21 Nov 2026 09:00:03 GMT'), false);
  assert.equal(skew.observe('soon'), false);
  assert.equal(skew.observe(undefined), false);
  assert.equal(skew.observe('Sat, 21 Nov 2026 08:59:50 GMT', 20_000), false);
  assert.equal(skew.offsetMs, 0);
  assert.equal(skew.observe('Sat, 21 Nov 2026 08:00:00 GMT'), true);
  assert.equal(skew.now().toISOString().slice(0, 19), '2026-11-21T08:00:00');
  assert.equal(skew.observe('Sat, 21 Nov 2026 08:00:01 GMT'), false);
  assert.equal(skew.observe('Sat, 21 Nov 2026 09:00:01 GMT'), true);
  assert.equal(skew.offsetMs, 0);
});

for (const [what, wrongByMs] of [
  ['in 1970', -YEARS_MS],
  ['years ahead', YEARS_MS],
] as const) {
  test(`a machine ${what}: the time is right from the first answer on, and after the clock is set`, async () => {
    const { clock, answer, errorMs } = machine(wrongByMs);
    answer();
    assert.ok(errorMs() <= 1_000, 'measured');
    await clock.advance(HOUR_MS);
    clock.wrongByMs = 0;
    assert.equal(errorMs(), 0, 'set by NTP');
    clock.wrongByMs = -HOUR_MS;
    assert.ok(errorMs() <= 1_000, 'set to something else that is wrong');
    clock.wrongByMs = 0;
    answer();
    assert.equal(errorMs(), 0);
  });
}

test('a machine that was right and slept keeps its own clock: the monotonic one stood still', () => {
  const { clock, skew, answer } = machine(0);
  answer();
  clock.wrongByMs = 8 * HOUR_MS;
  assert.equal(skew.offsetMs, 0);
});

test('the time is unknown while the clock shows one long past and no answer has given it', () => {
  const behind = machine(-YEARS_MS);
  assert.equal(behind.skew.isTimeKnown, false);
  assert.equal(behind.skew.measuredNow(), undefined);
  behind.answer();
  assert.equal(behind.skew.isTimeKnown, true);
  assert.ok(Math.abs((behind.skew.measuredNow()?.getTime() ?? 0) - behind.clock.trueMs) <= 1_000);
  const set = machine(-YEARS_MS);
  set.clock.wrongByMs = 0;
  assert.equal(set.skew.isTimeKnown, true);
});
