import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, roughDurationText } from '../../src/runtime/duration-text.ts';

const TEXTS: [ms: number, text: string][] = [
  [0, '0 ms'],
  [-0.01, '0 ms'],
  [0.25, '0.3 ms'],
  [9.96, '10 ms'],
  [350, '350 ms'],
  [350.7, '351 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [1_000, '1 s'],
  [1_500, '1.5 s'],
  [1_234, '1.23 s'],
  [9_996, '10 s'],
  [12_340, '12.3 s'],
  [99_960, '100 s'],
  [119_999.196_519, '120 s'],
  [-2_500, '-2.5 s'],
  [3_600_000, '3600 s'],
  [4_294_967_295_000, '4294967295 s'],
];

test('a duration is said with three digits and its unit, however it was computed', () => {
  for (const [ms, text] of TEXTS) assert.equal(durationText(ms), text);
});

test('a long duration is said in the unit that a reader thinks in', () => {
  const minute = 60_000;
  for (const [ms, text] of [
    [90_000, '90 s'],
    [10 * minute, '10 min'],
    [150 * minute, '2.5 h'],
    [72 * 60 * minute, '3 days'],
  ] as const) {
    assert.equal(roughDurationText(ms), text);
  }
});
