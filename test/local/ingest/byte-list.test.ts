import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteList } from '../../../src/local/ingest/byte-list.ts';

test('a few bytes hold little memory, and many little more than themselves', () => {
  const few = new ByteList();
  few.append(Buffer.alloc(100));
  assert.equal(few.heldBytes, 4096);
  const many = new ByteList();
  for (let i = 0; i < 10_000; i += 1) many.append(Buffer.alloc(1000, i % 251));
  assert.equal(many.byteLength, 10_000_000);
  assert.ok(many.heldBytes < 10_600_000, `${many.heldBytes}`);
  const whole = Buffer.concat(many.parts());
  assert.equal(whole.length, 10_000_000);
  for (let i = 0; i < 10_000; i += 1) assert.equal(whole[i * 1000 + 999], i % 251);
});
