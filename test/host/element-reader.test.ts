import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { ElementReader } from '../../src/host/wire/element-reader.ts';
import { ElementMessage, FrameFlag } from '../../src/host/wire/wire.ts';
import { elementMessage } from './element-message.ts';

type Seen = { type: number; element: number; sequence: number; payload: string };

function collect(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const reader = new ElementReader((message) => {
    message.read();
    seen.push({
      type: message.type,
      element: message.element,
      sequence: message.sequence,
      payload: message.payload.toString('latin1'),
    });
  });
  for (const chunk of chunks) {
    // The socket reads into one buffer again and again: what was pushed is gone afterwards.
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0xee);
  }
  assert.equal(reader.pendingBytes, 0);
  return seen;
}

test('every field of the header is read as docs/5-inside/bridge.md lays it out', () => {
  const bytes = Buffer.alloc(48 + 3);
  bytes.writeUInt32LE(3, 0);
  bytes.writeUInt8(3, 4);
  bytes.writeUInt8(2, 5);
  bytes.writeUInt16LE(FrameFlag.keyFrame | FrameFlag.afterDrop, 6);
  bytes.writeBigUInt64LE(1_700_000_000_123_456_789n, 8);
  bytes.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 16);
  bytes.writeBigUInt64LE(40_000_000n, 24);
  bytes.writeBigUInt64LE(77n, 32);
  bytes.writeUInt32LE(5, 40);
  bytes.writeUInt32LE(9, 44);
  bytes.write('abc', 48);
  let calls = 0;
  new ElementReader((message) => {
    message.read();
    calls++;
    assert.equal(message.byteLength, 51);
    assert.equal(message.type, ElementMessage.frame);
    assert.equal(message.track, 2);
    assert.equal(message.flags, 17);
    assert.equal(message.ptsNs, 1_700_000_000_123_456_789n);
    assert.equal(message.dtsNs, undefined);
    assert.equal(message.durationNs, 40_000_000n);
    assert.equal(message.monotonicNs, 77n);
    assert.equal(message.sequence, 5);
    assert.equal(message.element, 9);
    assert.equal(message.payload.toString(), 'abc');
    assert.deepEqual(message.raw(), bytes);
  }).push(bytes);
  assert.equal(calls, 1);
});

test('a decoding time before the segment’s start is negative', () => {
  const bytes = elementMessage({ type: ElementMessage.frame, ptsNs: 0n });
  bytes.writeBigInt64LE(-66_666_666n, 16);
  let seen: bigint | undefined;
  new ElementReader((message) => {
    message.read();
    seen = message.dtsNs;
  }).push(bytes);
  assert.equal(seen, -66_666_666n);
});

test('a message inside one chunk is read where it lies, without a copy', () => {
  const chunk = elementMessage({ type: ElementMessage.frame, payload: 'x'.repeat(1000) });
  let shared: ArrayBufferLike | undefined;
  new ElementReader((message) => {
    message.read();
    shared = message.payload.buffer;
  }).push(chunk);
  assert.equal(shared, chunk.buffer);
});

test('messages come out whole and in order however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 300 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
      (sizes, cuts) => {
        const sent = sizes.map((size, sequence) => ({
          type: ElementMessage.frame,
          element: sequence % 3,
          sequence,
          payload: String.fromCharCode(65 + (sequence % 26)).repeat(size),
        }));
        const stream = Buffer.concat(sent.map((message) => elementMessage(message)));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1;
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        assert.deepEqual(collect(chunks), sent);
      },
    ),
  );
});

test('a message larger than every buffer arrives whole', () => {
  const payload = 'k'.repeat(3_000_000);
  const stream = elementMessage({ type: ElementMessage.frame, payload });
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += 100_000) {
    chunks.push(stream.subarray(at, at + 100_000));
  }
  assert.equal(collect(chunks)[0]?.payload, payload);
});

test('a length that makes no sense is an error that names it', () => {
  const bytes = Buffer.alloc(48, 0xff);
  assert.throws(
    () => new ElementReader(() => {}).push(bytes),
    (error) => error instanceof KvsError && /4294967295 bytes/.test(error.message),
  );
});
