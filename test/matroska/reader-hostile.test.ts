import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { element, encodeElements, text, unsigned } from '../../src/matroska/ebml.ts';
import { ID } from '../../src/matroska/ids.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { ReadBlock } from '../../src/matroska/reader-handlers.ts';
import { hex } from '../media/support.ts';
import { recorder } from './recorder.ts';

const EBML = hex('1a45dfa3 8b 4282 88 6d6174726f736b61');
const SEGMENT = hex('18538067 ff');
const CLUSTER = hex('1f43b675 ff e7 81 05');
const BLOCK = hex('a3 85 81 0000 80 65');

function read(...parts: Uint8Array[]): string[] {
  const { handlers, calls } = recorder();
  const reader = new MatroskaReader(handlers);
  for (const part of parts) reader.push(part);
  reader.end();
  return calls;
}

function refused(what: RegExp, ...parts: Uint8Array[]): void {
  assert.throws(() => read(...parts), {
    name: 'KvsError',
    code: 'STATUS_FORMAT_ERROR',
    message: what,
  });
}

test('the shortest document, sizes unknown and known', () => {
  const expected = ['ebml', 'segment', 'cluster 5', 'block 1 0 K 65', 'end'];
  assert.deepEqual(read(EBML, SEGMENT, CLUSTER, BLOCK), expected);
  const known = encodeElements([
    element(ID.SEGMENT, [
      element(ID.CLUSTER, [
        element(ID.TIMESTAMP, unsigned(5, 1)),
        element(ID.SIMPLE_BLOCK, hex('8100008065')),
      ]),
    ]),
  ]);
  assert.deepEqual(read(EBML, known), expected);
  assert.deepEqual(read(EBML, known, EBML, known), [...expected, ...expected]);
});

test('a cluster of known size ends with its last byte, before the next element is there', () => {
  const { handlers, calls } = recorder();
  const reader = new MatroskaReader(handlers);
  reader.push(EBML);
  reader.push(SEGMENT);
  reader.push(hex('1f43b675 8a e7 81 05 a3 85 81 0000 80 65'));
  assert.equal(calls.at(-1), 'end');
});

test('a cluster is announced with its first block’s header, not with its last byte', () => {
  const { handlers, calls } = recorder();
  const reader = new MatroskaReader(handlers);
  for (const part of [EBML, SEGMENT, CLUSTER, BLOCK.subarray(0, 2)]) reader.push(part);
  assert.equal(calls.at(-1), 'cluster 5');
});

test('a cluster without blocks is announced when it ends', () => {
  assert.deepEqual(read(EBML, SEGMENT, CLUSTER, CLUSTER, BLOCK), [
    'ebml',
    'segment',
    'cluster 5',
    'end',
    'cluster 5',
    'block 1 0 K 65',
    'end',
  ]);
});

test('SeekHead, Void, CRC-32, Cues, Chapters and Attachments are read over, whatever the chunks', () => {
  const skipped = [ID.SEEK_HEAD, ID.VOID, ID.CRC_32, ID.CUES, ID.CHAPTERS, ID.ATTACHMENTS].map(
    (id) => encodeElements([element(id, new Uint8Array(300))]),
  );
  const bytes = Buffer.concat([
    ...[EBML, SEGMENT, ...skipped, CLUSTER, hex('ab 81 07'), BLOCK],
    ...[encodeElements([element(ID.VOID, new Uint8Array(9))]), BLOCK, ...skipped],
  ]);
  const expected = ['ebml', 'segment', 'cluster 5', 'block 1 0 K 65', 'block 1 0 K 65', 'end'];
  assert.deepEqual(read(bytes), expected);
  assert.deepEqual(read(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
});

test('BlockGroup: a key frame refers to no other block', () => {
  const group = (...more: string[]): Buffer => {
    const body = hex(`a1 85 81 fffe 08 65 9b 81 28 ${more.join('')}`);
    return Buffer.concat([Buffer.of(0xa0, 0x80 | body.length), body]);
  };
  assert.deepEqual(read(EBML, SEGMENT, CLUSTER, group(), group('fb 81 80')).slice(3, 5), [
    'block 1 -2 KI 65',
    'block 1 -2 I 65',
  ]);
  refused(/BlockGroup without a Block/, EBML, SEGMENT, CLUSTER, hex('a0 83 9b 81 28'));
});

test('a track number of two bytes', () => {
  assert.equal(read(EBML, SEGMENT, CLUSTER, hex('a3 86 4081 0000 80 65'))[3], 'block 129 0 K 65');
});

test('content encodings and other documents are refused clearly', () => {
  const tracks = encodeElements([
    element(ID.TRACKS, [
      element(ID.TRACK_ENTRY, [
        element(ID.TRACK_NUMBER, unsigned(1, 1)),
        element(ID.CONTENT_ENCODINGS, []),
      ]),
    ]),
  ]);
  refused(/ContentEncodings/, EBML, SEGMENT, tracks);
  refused(/DocType "mp4"/, encodeElements([element(ID.EBML, [element(ID.DOC_TYPE, text('mp4'))])]));
  assert.equal(
    read(encodeElements([element(ID.EBML, [element(ID.DOC_TYPE, text('webm'))])]))[0],
    'ebml',
  );
});

test('input that is no Matroska is refused at once', () => {
  refused(/does not begin an element id/, hex('00000018 66747970'));
  refused(/where an EBML header must be/, SEGMENT.subarray(0, 0), hex('a3 85 81 0000 80 65'));
  refused(/0x474554.* where|element id|EBML header/, Buffer.from('GET / HTTP/1.1\r\n'));
  refused(/without a timestamp/, EBML, SEGMENT, hex('1f43b675 ff'), BLOCK);
  refused(/unknown size/, EBML, SEGMENT, hex('1654ae6b ff'));
  refused(/more than 8 bytes/, EBML, SEGMENT, hex('1654ae6b 00'));
  refused(/unknown element/, EBML, SEGMENT, hex('8a 81 00'));
  refused(/unknown element/, EBML, SEGMENT, CLUSTER, hex('8a 81 00'));
  refused(/larger than its parent/, EBML, hex('18538067 8a 1654ae6b 90'));
  refused(/larger than its parent/, EBML, SEGMENT, hex('1549a966 84 2ad7b1 81'));
  refused(/TimestampScale of 0/, EBML, SEGMENT, hex('1549a966 85 2ad7b1 81 00'));
  refused(/track without a number/, EBML, SEGMENT, hex('1654ae6b 82 ae 80'));
  refused(/a block of 3 bytes/, EBML, SEGMENT, CLUSTER, hex('a3 83 810000'));
});

test('a reader that failed fails again', () => {
  const reader = new MatroskaReader({});
  assert.throws(() => reader.push(hex('00')), KvsError);
  assert.throws(() => reader.push(EBML), KvsError);
  assert.throws(() => reader.end(), KvsError);
});

test('what a handler throws comes out of push', () => {
  const failure = new Error('full');
  const reader = new MatroskaReader({
    ebmlHeader() {
      throw failure;
    },
  });
  assert.throws(() => reader.push(EBML), failure);
});

test('input that ends within an element is an unexpected end', () => {
  const bytes = Buffer.concat([EBML, SEGMENT, CLUSTER, BLOCK]);
  const whole = new Set([0, 16, 21, 26, 29, 36]);
  for (let length = 0; length <= bytes.length; length += 1) {
    const end = (): string[] => read(bytes.subarray(0, length));
    if (whole.has(length)) end();
    else assert.throws(end, { code: 'STATUS_UNEXPECTED_EOF' }, `${length} bytes`);
  }
  const known = encodeElements([element(ID.SEGMENT, [element(ID.VOID, new Uint8Array(4))])]);
  assert.throws(() => read(EBML, known.subarray(0, 5)), { code: 'STATUS_UNEXPECTED_EOF' });
});

test('elements above the limits are refused before their bytes are there', () => {
  refused(/0x1a45dfa3 has 1048576 bytes/, hex('1a45dfa3 0100000000100000'));
  refused(/at most 4194304/, EBML, SEGMENT, hex('1654ae6b 0100000040000000'));
  refused(/at most 1048576/, EBML, SEGMENT, hex('1254c367 0100000040000000'));
  refused(/at most 67108864/, EBML, SEGMENT, CLUSTER, hex('a3 0100000040000000'));
  refused(/at most/, EBML, SEGMENT, hex('1f43b675 ff ec 0100000000100000'));
  const reader = new MatroskaReader({}, { blockBytes: 4 });
  assert.throws(() => reader.push(Buffer.concat([EBML, SEGMENT, CLUSTER, BLOCK])), /at most 4/);
});

test('memory grows with what arrives, not with what a size claims', () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 100 }, () => {
    const reader = new MatroskaReader({});
    // Each claims a block of 48 MiB and sends a few bytes of it.
    reader.push(Buffer.concat([EBML, SEGMENT, CLUSTER, hex('a3 0100000003000000 81 0000 80 65')]));
    return reader;
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
  assert.equal(readers.length, 100);
});

test('a block that lies in one chunk is a view of it; one that does not is put together', () => {
  const data: Buffer[] = [];
  const reader = new MatroskaReader({
    block: (block: ReadBlock) => data.push(asBuffer(block.data)),
  });
  const whole = Buffer.concat([EBML, SEGMENT, CLUSTER, BLOCK]);
  reader.push(whole);
  assert.equal(data[0]?.buffer, whole.buffer);
  reader.push(BLOCK.subarray(0, 3));
  reader.push(BLOCK.subarray(3));
  assert.deepEqual(data[1], hex('65'));
  assert.notEqual(data[1]?.buffer, BLOCK.buffer);
});

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.length);
}

test('damaged documents, in any chunks: no exception but ours, and no hang', () => {
  const seed = Buffer.concat([
    EBML,
    SEGMENT,
    encodeElements([
      element(ID.INFO, [element(ID.TIMESTAMP_SCALE, unsigned(1_000_000, 4))]),
      element(ID.TRACKS, [
        element(ID.TRACK_ENTRY, [
          element(ID.TRACK_NUMBER, unsigned(1, 1)),
          element(ID.CODEC_ID, text('V_MPEG4/ISO/AVC')),
          element(ID.VIDEO, [element(ID.PIXEL_WIDTH, unsigned(640, 2))]),
        ]),
      ]),
      element(ID.TAGS, [
        element(ID.TAG, [
          element(ID.SIMPLE_TAG, [
            element(ID.TAG_NAME, text('name')),
            element(ID.SIMPLE_TAG, [element(ID.TAG_NAME, text('nested'))]),
          ]),
        ]),
      ]),
    ]),
    CLUSTER,
    BLOCK,
    hex('a0 8a a1 85 81 fffe 08 65 fb 81 80'),
    CLUSTER,
    BLOCK,
  ]);
  const change = fc.tuple(fc.nat(seed.length - 1), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 5 }),
      fc.array(fc.nat(seed.length), { maxLength: 5 }),
      (changes, cuts) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at] = value;
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        try {
          read(...edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge)));
        } catch (error) {
          if (!(error instanceof KvsError)) throw error;
        }
      },
    ),
    { numRuns: 1_000_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false },
  );
});
