import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields } from '../../src/runtime/logger.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { ThrottledLog } from '../../src/runtime/throttled-log.ts';
import { ManualClock } from '../support/manual-clock.ts';

function setup() {
  const lines: { atMs: number; message: string; fields: LogFields | undefined }[] = [];
  const clock = new ManualClock();
  const notices = new ThrottledLog(clock, {
    ...silentLogger,
    warn: (message, fields) => lines.push({ atMs: clock.monotonicMs(), message, fields }),
  });
  return { lines, clock, notices };
}

test('the first is logged at once, the others once a second with their number, none is forgotten', () => {
  const { lines, clock, notices } = setup();
  for (let i = 0; i < 38; i++) notices.warn('loss', `lost ${i}`, { fragment: i });
  clock.pass(10_000);
  assert.deepEqual(lines, [
    { atMs: 0, message: 'lost 0', fields: { fragment: 0 } },
    {
      atMs: 1000,
      message: 'lost 37 … 37 more in the last second',
      fields: { fragment: 37, times: 37 },
    },
  ]);
  notices.warn('loss', 'lost again');
  assert.equal(lines.at(-1)?.message, 'lost again', 'after a quiet second it is a first one');
});

test('a storm of an hour gives a line a second for each kind, and tells others at that pace', () => {
  const { lines, clock, notices } = setup();
  let told = 0;
  for (let ms = 0; ms < 3_600_000; ms += 20) {
    if (notices.warn('a', 'a')) told += 1;
    notices.warn('b', 'b');
    clock.pass(20);
  }
  notices.flush();
  for (const kind of ['a', 'b']) {
    const own = lines.filter(({ message }) => message.startsWith(kind));
    assert.ok(own.length >= 3600 && own.length <= 3602, `${own.length} lines`);
    const counted = own.reduce((sum, { fields }) => sum + Number(fields?.['times'] ?? 1), 0);
    assert.equal(counted, 3_600_000 / 20);
  }
  assert.ok(told >= 3599 && told <= 3600, `${told} told`);
});
