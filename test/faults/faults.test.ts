// A few rows of the matrix. `npm run faults` runs them all.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULTS } from './rows/index.ts';
import type { Mode } from './support/fault.ts';
import { type Outcome, runFault, shortcomings } from './support/run-fault.ts';
import { countFrames } from './support/stored.ts';

/** By the beginning of their names. */
const ROWS: readonly (readonly [string, Mode])[] = [
  ['connection reset', 'live'],
  ['connections refused from the third second on', 'live'],
  ['500 from PutMedia for 3 s', 'audio+video'],
  ['error acknowledgement 5000', 'offline'],
  ['error acknowledgement 4006', 'live'],
  ['host killed (SIGKILL)', 'audio+video'],
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
      assert.deepEqual(shortcomings(fault, outcome), [], outcome.output);
    });
  }
});

test('frames are told apart by what is in them: stored once, twice, or lost', () => {
  assert.deepEqual(countFrames(['a', 'b', 'c', 'd'], ['b', 'c', 'a', 'c', 'c', 'x']), {
    sent: 4,
    storedOnce: 2,
    storedTwice: 1,
    lost: 1,
  });
});

test('a loss, a loss that nobody reports, and one with exit code 0 miss the goal', () => {
  const fault = { name: 'any', goal: 'nothing lost' } as const;
  const good: Outcome = {
    ...{ sent: 9, storedOnce: 8, storedTwice: 1, lost: 0 },
    ...{ recoveredS: 1, reportedS: undefined, exitCode: 0, output: '' },
  };
  assert.deepEqual(shortcomings(fault, good), []);
  assert.deepEqual(shortcomings(fault, { ...good, lost: 2, exitCode: 1 }), [
    '2 frames were lost',
    'nothing was reported',
  ]);
  const hopeless = { ...fault, goal: 'reported' } as const;
  assert.deepEqual(shortcomings(hopeless, { ...good, lost: 2, reportedS: 1 }), [
    'the exit code is 0 though frames were lost',
  ]);
  assert.deepEqual(shortcomings(hopeless, { ...good, lost: 2, reportedS: 1, exitCode: 1 }), []);
});
