// A few rows of the matrix. `npm run faults` runs them all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { FAULTS } from './rows/index.ts';
import type { Fault, Mode } from './support/fault.ts';
import { isWrongTime } from './support/front.ts';
import { lostPackets } from './support/namespaces.ts';
import { merged, readResults } from './support/results.ts';
import { judge, type Outcome, type Run, runFault } from './support/run-fault.ts';
import { countFrames } from './support/stored.ts';
import { PAGE, pageOf } from './support/table.ts';

/** By the beginning of their names. */
const ROWS: readonly (readonly [string, Mode])[] = [
  ['connection reset', 'live'],
  ['connections refused from the third second on', 'live'],
  ['500 from PutMedia for 3 s', 'back-fill'],
  ['error acknowledgement 5000', 'offline'],
  ['error acknowledgement 4006', 'live'],
  ['host killed three times in a row', 'audio+video'],
];

describe('the matrix of faults', { concurrency: 3 }, () => {
  for (const [name, mode] of ROWS) {
    const fault = FAULTS.find((row) => row.name.startsWith(name)) ?? assert.fail(name);
    const goal =
      fault.goal === 'nothing lost'
        ? 'nothing is lost'
        : 'the loss is reported, and the exit code is not 0';
    test(`${fault.name}, ${mode}: ${goal}`, async () => {
      const outcome = await runFault(fault, mode);
      assert.deepEqual(judge(fault, outcome), { is: 'met' }, outcome.output);
    });
  }
});

test('frames are identified by their content: stored once, twice, or lost', () => {
  assert.deepEqual(countFrames(['a', 'b', 'c', 'd'], ['b', 'c', 'a', 'c', 'c', 'x']), {
    sent: 4,
    storedOnce: 2,
    storedTwice: 1,
    spooled: 0,
    lost: 1,
  });
});

test('a frame that waits in the spool is not lost, and one that is stored too is not counted twice', () => {
  assert.deepEqual(countFrames(['a', 'b', 'c'], ['a'], ['a', 'b']), {
    ...{ sent: 3, storedOnce: 1, storedTwice: 0 },
    ...{ spooled: 1, lost: 1 },
  });
});

const GOOD: Outcome = {
  ...{ strikes: 1, sent: 9, storedOnce: 8, storedTwice: 1, spooled: 0, lost: 0 },
  ...{ recoveredS: 1, reportedS: undefined, exitCode: 0, output: '' },
};

test('a run that the fault did not reach has neither met nor missed its goal', () => {
  const lossless = { ...GOOD, strikes: 0 };
  assert.deepEqual(judge({ goal: 'nothing lost' }, lossless), { is: 'did not strike' });
  assert.deepEqual(judge({ goal: 'reported' }, lossless), { is: 'did not strike' });
  assert.deepEqual(judge({ goal: 'nothing lost' }, { ...lossless, lost: 9, exitCode: 1 }), {
    is: 'did not strike',
  });
});

test('results of a part of the matrix take the place of earlier ones, and leave the others', () => {
  const [first = assert.fail(), second = assert.fail()] = FAULTS;
  const run = (fault: Fault, sent: number): Run => ({
    ...{ fault, mode: 'live' },
    outcome: { ...GOOD, sent },
  });
  const earlier = { runs: [run(second, 1), run(first, 2)], skipped: [] };
  const { runs } = merged(earlier, { runs: [run(second, 3)], skipped: [] });
  assert.deepEqual(
    runs.map(({ fault, outcome }) => [fault, outcome.sent]),
    [
      [first, 2],
      [second, 3],
    ],
  );
});

test('the page is what the program makes of the results, and nothing else', () => {
  const { runs, skipped } = readResults();
  assert.equal(readFileSync(PAGE, 'utf8'), pageOf(FAULTS, runs, skipped));
});

test('packets that netem lost are read from what tc prints', () => {
  const printed = [
    'qdisc netem 8001: root refcnt 2 limit 1000 delay 200ms 50ms loss 5%',
    ' Sent 91342 bytes 512 pkt (dropped 27, overlimits 0 requeues 0)',
  ];
  assert.equal(lostPackets(printed.join('\n')), 27);
  assert.equal(lostPackets(''), 0);
});

test('a call that was signed ten minutes ago or later counts as signed by a wrong clock', () => {
  const amzDate = (ms: number): string =>
    new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const nowMs = Date.now();
  assert.equal(isWrongTime(amzDate(nowMs)), false);
  assert.equal(isWrongTime(amzDate(nowMs + 3_600_000)), true);
  assert.equal(isWrongTime(amzDate(nowMs - 3_600_000)), true);
  assert.equal(isWrongTime(undefined), false);
});

test('a loss, a loss that nobody reports, and one with exit code 0 miss the goal', () => {
  const fault = { goal: 'nothing lost' } as const;
  assert.deepEqual(judge(fault, GOOD), { is: 'met' });
  assert.deepEqual(judge(fault, { ...GOOD, lost: 2, exitCode: 1 }), {
    is: 'missed',
    lacks: ['2 frames were lost', 'nothing was reported'],
  });
  const hopeless = { goal: 'reported' } as const;
  assert.deepEqual(judge(hopeless, { ...GOOD, lost: 2, reportedS: 1 }), {
    is: 'missed',
    lacks: ['the exit code is 0 though frames were lost'],
  });
  const told = { ...GOOD, lost: 2, reportedS: 1, exitCode: 1 };
  assert.deepEqual(judge(hopeless, told), { is: 'met' });
});
