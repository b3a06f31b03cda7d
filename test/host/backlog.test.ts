import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backlog } from '../../src/host/wire/backlog.ts';

/** Of delta frames, of key frames, and of those that are larger than a piece of memory. */
const LENGTHS = [20_000, 700_000, 3_000_000];

test('messages come out as they went in, through any growth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(...LENGTHS.map((max) => fc.integer({ min: 1, max })), fc.constant(0)), {
        maxLength: 40,
      }),
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

test('a backlog that goes on takes no more memory than it ever held at once', () => {
  const backlog = new Backlog();
  const message = Buffer.alloc(100_000);
  const memory = new Set<Buffer>();
  for (let turn = 0; turn < 40; turn++) backlog.append(message);
  for (let turn = 0; turn < 1000; turn++) {
    memory.add(backlog.peek()?.bytes as Buffer);
    backlog.release(message.length);
    backlog.append(message);
  }
  const bytes = [...memory].reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes <= 6 * 1024 * 1024, `${bytes} bytes for 4 MB`);
});

test('a message that is larger than a piece of memory comes out whole, among others', () => {
  const backlog = new Backlog();
  const lengths = [10, 3_000_000, 20];
  lengths.forEach((length, index) => {
    backlog.append(Buffer.alloc(length, index + 1));
  });
  lengths.forEach((length, index) => {
    const head = backlog.peek();
    assert.ok(head);
    assert.ok(head.bytes.subarray(head.at, head.at + length).every((byte) => byte === index + 1));
    backlog.release(length);
  });
  assert.equal(backlog.peek(), undefined);
});

test('a message that is larger than a piece of memory is not hidden behind one that is done with', () => {
  const backlog = new Backlog();
  backlog.append(Buffer.alloc(10));
  backlog.release(10);
  backlog.append(Buffer.alloc(3_000_000, 1));
  const head = backlog.peek();
  assert.equal(head?.bytes[head.at], 1);
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
