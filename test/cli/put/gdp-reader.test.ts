import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GdpReader } from '../../../src/cli/put/gstreamer/gdp-reader.ts';

/** A packet as gdppay writes it. */
function packet(type: number, payload: Buffer, ptsNs = 2n ** 64n - 1n, flags = 0): Buffer {
  const header = Buffer.alloc(62);
  header[0] = 1;
  header.writeUInt16BE(type, 4);
  header.writeUInt32BE(payload.length, 6);
  header.writeBigUInt64BE(ptsNs, 10);
  header.fill(0xff, 18, 42);
  header.writeUInt16BE(flags, 42);
  header.fill(0xff, 44, 52);
  return Buffer.concat([header, payload]);
}

const FRAME = Buffer.alloc(200_000, 7);
const STREAM = Buffer.concat([
  packet(10_318, Buffer.from('GstEventStreamStart, stream-id=(string)a;\0')),
  packet(2, Buffer.from('video/x-h264, width=(int)320\0')),
  packet(1, FRAME, 40_000_000n, 0x2000),
  packet(10_254 + 64, Buffer.alloc(0)),
  packet(1, Buffer.from('last'), 0n),
]);

function readIn(pieces: readonly Buffer[]): unknown[] {
  const read: unknown[] = [];
  const reader = new GdpReader({
    caps: (text) => read.push(text),
    event: (text) => read.push(text),
    buffer: ({ data, ...times }) => read.push({ ...times, data: data.toString('latin1') }),
  });
  for (const piece of pieces) reader.push(piece);
  assert.ok(reader.isBetweenPackets);
  return read;
}

test('caps, events and buffers are read in order, with the times and flags that they have', () => {
  const none = { dtsNs: undefined, durationNs: undefined };
  assert.deepEqual(readIn([STREAM]), [
    'GstEventStreamStart, stream-id=(string)a;',
    'video/x-h264, width=(int)320',
    { ...none, ptsNs: 40_000_000n, flags: 0x2000, data: FRAME.toString('latin1') },
    '',
    { ...none, ptsNs: 0n, flags: 0, data: 'last' },
  ]);
});

test('where the pipe cuts the stream makes no difference', () => {
  const whole = readIn([STREAM]);
  for (const size of [61, 62, 63, 997, 65_536]) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < STREAM.length; at += size) pieces.push(STREAM.subarray(at, at + size));
    assert.deepEqual(readIn(pieces), whole, `pieces of ${size} bytes`);
  }
});

test('what is not the protocol is refused, and so is a length that no frame has', () => {
  const reader = new GdpReader({ caps: () => {}, event: () => {}, buffer: () => {} });
  assert.throws(() => reader.push(Buffer.alloc(62, 9)), /not its data protocol/);
  const endless = packet(1, Buffer.alloc(0));
  endless.writeUInt32BE(0xffff_ffff, 6);
  assert.throws(() => reader.push(endless), /not its data protocol/);
});
