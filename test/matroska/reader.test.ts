import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockWriter } from '../../src/matroska/blocks.ts';
import type { MatroskaHeader } from '../../src/matroska/header.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { END_OF_FRAGMENT, encodeTags } from '../../src/matroska/tags.ts';
import { CollectingSink, hex } from '../media/support.ts';
import { recorder } from './recorder.ts';

const header: MatroskaHeader = {
  segmentUid: new Uint8Array(16).fill(7),
  timecodeScaleNs: 1_000_000,
  title: 'title',
  muxingApp: 'kvs-launch test',
  writingApp: 'kvs-launch test',
  tracks: [
    {
      number: 1,
      uid: 1n,
      name: 'video',
      format: {
        kind: 'video',
        codecId: 'V_MPEG4/ISO/AVC',
        contentType: 'video/h264',
        codecPrivate: hex('0142c01e'),
        width: 640,
        height: 480,
      },
    },
    {
      number: 2,
      uid: 2n,
      name: 'audio',
      format: {
        kind: 'audio',
        codecId: 'A_AAC',
        contentType: 'audio/aac',
        codecPrivate: hex('1190'),
        samplingFrequencyHz: 48000,
        channels: 2,
      },
    },
  ],
};

/** A session of two documents, as PutMedia carries it. */
function session(): Buffer {
  const sink = new CollectingSink();
  const writer = new BlockWriter();
  const put = (bytes: Uint8Array): void => sink.write(bytes, 0, bytes.length);
  for (let document = 0; document < 2; document += 1) {
    put(encodeHeader(header));
    for (let cluster = 0n; cluster < 2n; cluster += 1n) {
      put(encodeTags([{ name: 'place', value: `hall ${cluster}` }]));
      writer.writeClusterHeader(sink, 1000n * cluster);
      writer.writeSimpleBlockHeader(sink, 1, 0, { isKeyFrame: true }, 3);
      put(hex('656667'));
      writer.writeSimpleBlockHeader(sink, 2, -5, { isKeyFrame: false, isDiscardable: true }, 1);
      put(hex('aa'));
    }
    put(END_OF_FRAGMENT);
  }
  return sink.bytes;
}

const EXPECTED_DOCUMENT = [
  'ebml',
  'segment',
  'info 1000000 16',
  'tracks 1:V_MPEG4/ISO/AVC,2:A_AAC',
  'tags place=hall 0',
  'cluster 0',
  'block 1 0 K 656667',
  'block 2 -5 D aa',
  'end',
  'tags place=hall 1',
  'cluster 1000',
  'block 1 0 K 656667',
  'block 2 -5 D aa',
  'end',
  'tags AWS_KINESISVIDEO_END_OF_FRAGMENT=',
];

function read(chunks: readonly Uint8Array[]): { calls: string[]; raw: Buffer[] } {
  const { handlers, calls, raw } = recorder();
  const reader = new MatroskaReader(handlers);
  for (const chunk of chunks) {
    // The reader must not keep a view of a chunk: the caller uses its memory again.
    const copy = Buffer.from(chunk);
    reader.push(copy);
    copy.fill(0xee);
  }
  reader.end();
  return { calls, raw };
}

test('a session of two documents is read in order, and its raw bytes are all there', () => {
  const bytes = session();
  const { calls, raw } = read([bytes]);
  assert.deepEqual(calls, [...EXPECTED_DOCUMENT, ...EXPECTED_DOCUMENT]);
  assert.deepEqual(Buffer.concat(raw), bytes);
});

test('every split in two chunks reads the same', () => {
  const bytes = session();
  const whole = read([bytes]);
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole, `split at ${at}`);
  }
});

test('single bytes and random chunks read the same', () => {
  const bytes = session();
  const whole = read([bytes]);
  assert.deepEqual(read(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
      assert.deepEqual(read(chunks), whole);
    }),
  );
});
