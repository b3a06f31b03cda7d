import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareFragmentNumbers,
  FragmentNumbers,
  numberBefore,
} from '../../../src/local/fragments/fragment-number.ts';

test('fragment numbers increase even when the clock is set back', () => {
  const numbers = new FragmentNumbers();
  const made = [5, 5, 9, 3, 3].map((ms) => numbers.next(1_795_253_394_000 + ms));
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, 5);
  const after = new FragmentNumbers(made.at(-1)).next(0);
  assert.ok(compareFragmentNumbers(after, made.at(-1) ?? '') > 0);
  assert.ok(compareFragmentNumbers('9', '10') < 0);
  assert.equal(numberBefore('10000000000000000000'), '9999999999999999999');
});
