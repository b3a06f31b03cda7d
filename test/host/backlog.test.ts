import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backlog } from '../../src/host/wire/backlog.ts';

test('messages come out as they went in, through any growth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 1, max: 700_000 }), fc.constant(0)), { maxLength: 40 }),
      (steps) => {
        const backlog = new Backlog();
        const lengths: number[] = [];
        let written = 0;
        let read = 0;
        for (const length of steps) {
          if (length > 0) {
            backlog.append(Buffer.alloc(length, written++));
            lengths.push(length);
            continue;
          }
          const oldest = lengths.shift();
          const head = backlog.peek();
          if (oldest === undefined) {
            assert.equal(head, undefined);
            continue;
          }
          assert.ok(head);
          assert.equal(head.bytes[head.at], read & 0xff);
          assert.equal(head.bytes[head.at + oldest - 1], read & 0xff);
          backlog.release(oldest);
          read++;
        }
        assert.equal(
          backlog.byteLength,
          lengths.reduce((sum, length) => sum + length, 0),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('the oldest message does not move while others are appended', () => {
  const backlog = new Backlog();
  backlog.append(Buffer.alloc(1000, 1));
  const head = backlog.peek();
  assert.ok(head);
  const held = head.bytes.subarray(head.at, head.at + 1000);
  for (let turn = 0; turn < 40; turn++) backlog.append(Buffer.alloc(200_000, 2));
  assert.ok(held.every((byte) => byte === 1));
  backlog.release(1000);
  assert.equal(backlog.byteLength, 8_000_000);
});
