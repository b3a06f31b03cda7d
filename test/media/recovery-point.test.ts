import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recoveryPoint } from '../../src/media/nal/recovery-point.ts';

/** What a SEI NAL unit of these bytes, behind its header, says. */
function saidBy(hex: string): string {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return recoveryPoint(bytes, 0, bytes.length);
}

test('a count of 0 is right at once, any other later', () => {
  assert.equal(saidBy('06 01 c4 80'), 'open');
  assert.equal(saidBy('06 01 44 80'), 'gradual');
});

test('it is found behind other messages, long ones and those with emulation prevention bytes', () => {
  assert.equal(saidBy('01 02 1234 06 01 c4 80'), 'open');
  assert.equal(saidBy(`05 ff 01 ${'aa'.repeat(256)} 06 01 c4 80`), 'open');
  assert.equal(saidBy('ff 10 02 1234 06 01 44 80'), 'gradual');
  assert.equal(saidBy('01 04 0000 03 0000 03 06 01 c4 80'), 'open');
});

test('what is no such message, has no payload, or is cut off, says nothing', () => {
  assert.equal(saidBy(''), 'none');
  assert.equal(saidBy('01 02 0601 80'), 'none');
  assert.equal(saidBy('06 00 80'), 'none');
  assert.equal(saidBy('06 00 06 01 c4 80'), 'open');
  assert.equal(saidBy('06 01'), 'none');
  assert.equal(saidBy('05 ff'), 'none');
});
