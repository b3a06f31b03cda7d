import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { BlockWriter } from '../../src/matroska/blocks.ts';
import type { MatroskaHeader } from '../../src/matroska/header.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { END_OF_FRAGMENT, encodeTags } from '../../src/matroska/tags.ts';
import { CollectingSink, hex } from '../media/support.ts';
import { encodeSize } from './encode-size.ts';

// Bytes that upstream's producer (PIC 1.2.0, and kvssink on the wire) was seen to write.

const UPSTREAM = 'Kinesis Video SDK 1.1.0';

const H264_HEADER = hex(`
  1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61428781024285810218538067ff
  1549a966406773a490555555555555555555555555555555552ad7b18800000000000f4240
  7ba9914b696e6573697320566964656f2053444b
  4d80974b696e6573697320566964656f2053444b20312e312e30
  5741974b696e6573697320566964656f2053444b20312e312e30
  1654ae6b10000060ae1000005bd7810173c5880000000000000001838101536e8d6b696e657369735f766964656f
  868f565f4d504547342f49534f2f415643e010000008b0820280ba82008063a2990142c01effe1000a
  6742c01ed900a047fec801000468ce3c80`);

const AVCC = hex('0142c01effe1000a6742c01ed900a047fec801000468ce3c80');

const header: MatroskaHeader = {
  segmentUid: new Uint8Array(16).fill(0x55),
  timecodeScaleNs: 1_000_000,
  title: 'Kinesis Video SDK',
  muxingApp: UPSTREAM,
  writingApp: UPSTREAM,
  tracks: [
    {
      number: 1,
      uid: 1n,
      name: 'kinesis_video',
      format: {
        kind: 'video',
        codecId: 'V_MPEG4/ISO/AVC',
        contentType: 'video/h264',
        codecPrivate: AVCC,
        width: 640,
        height: 128,
      },
    },
  ],
};

test('the header of a H.264 track is upstream’s, byte for byte', () => {
  assert.equal(Buffer.from(encodeHeader(header)).toString('hex'), H264_HEADER.toString('hex'));
});

test('the Tracks of H.264 without codec data and AAC are upstream’s', () => {
  const [video] = header.tracks;
  assert.ok(video);
  const { codecId, contentType } = video.format;
  const bytes = encodeHeader({
    ...header,
    tracks: [
      { ...video, format: { kind: 'video', codecId, contentType } },
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
  });
  const tracks = hex(`
    1654ae6b10000073 ae10000032 d78101 73c5880000000000000001 838101
    536e8d6b696e657369735f766964656f 868f565f4d504547342f49534f2f415643
    ae10000037 d78102 73c5880000000000000002 838102 536e85617564696f 8685415f414143
    e11000000d b58840e7700000000000 9f8102 63a2821190`);
  assert.ok(Buffer.from(bytes).includes(tracks));
});

test('a bit depth is written behind the channels', () => {
  const bytes = encodeHeader({
    ...header,
    tracks: [
      {
        number: 1,
        uid: 1n,
        name: '',
        format: {
          kind: 'audio',
          codecId: 'A_MS/ACM',
          contentType: 'audio/alaw',
          samplingFrequencyHz: 8000,
          channels: 1,
          bitDepth: 8,
        },
      },
    ],
  });
  assert.ok(Buffer.from(bytes).includes(hex('e110000011 b58840bf400000000000 9f8101 62648108')));
});

test('cluster and SimpleBlock headers are upstream’s', () => {
  const sink = new CollectingSink();
  const writer = new BlockWriter();
  writer.writeClusterHeader(sink, 0n);
  writer.writeSimpleBlockHeader(sink, 1, 0, { isKeyFrame: true }, 6);
  writer.writeSimpleBlockHeader(
    sink,
    1,
    41,
    { isKeyFrame: false, isInvisible: true, isDiscardable: true },
    6,
  );
  assert.equal(
    sink.bytes.toString('hex'),
    hex(`1f43b675ff e788 0000000000000000 a78100 a3 010000000000000a 81 0000 80
         a3 010000000000000a 81 0029 09`).toString('hex'),
  );
});

test('a cluster timecode of 64 bits and a negative block timecode', () => {
  const sink = new CollectingSink();
  const writer = new BlockWriter();
  writer.writeClusterHeader(sink, 1_795_000_000_123n);
  writer.writeSimpleBlockHeader(sink, 2, -40, { isKeyFrame: false }, 70_000);
  assert.equal(
    sink.bytes.toString('hex'),
    hex(`1f43b675ff e788 000001a1ee565e7b a78100
         a3 0100000000011174 82 ffd8 00`).toString('hex'),
  );
});

test('a block that is too far from its cluster is refused', () => {
  const writer = new BlockWriter();
  const sink = new CollectingSink();
  for (const timecode of [32768, -32769]) {
    assert.throws(
      () => writer.writeSimpleBlockHeader(sink, 1, timecode, { isKeyFrame: false }, 1),
      (error) =>
        error instanceof KvsError &&
        error.code === 'STATUS_MKV_LARGE_FRAME_TIMECODE' &&
        error.message.includes(String(timecode)),
    );
  }
});

test('END_OF_FRAGMENT is upstream’s 84 bytes', () => {
  assert.equal(END_OF_FRAGMENT.length, 84);
  assert.equal(
    Buffer.from(END_OF_FRAGMENT).toString('hex'),
    hex(`1254c367 0100000000000048 7373 010000000000003e 67c8 0100000000000034
         45a3 0100000000000020 ${Buffer.from('AWS_KINESISVIDEO_END_OF_FRAGMENT').toString('hex')}
         4487 0100000000000000`).toString('hex'),
  );
});

test('an event’s pairs are SimpleTags of one Tag', () => {
  assert.equal(
    Buffer.from(
      encodeTags([
        { name: 'a', value: '' },
        { name: 'b', value: 'ü' },
      ]),
    ).toString('hex'),
    hex(`1254c367 010000000000004a 7373 0100000000000040
         67c8 0100000000000015 45a3 0100000000000001 61 4487 0100000000000000
         67c8 0100000000000017 45a3 0100000000000001 62 4487 0100000000000002 c3bc`).toString(
      'hex',
    ),
  );
});

test('sizes take the shortest form, and all ones are never written', () => {
  const forms: [number, string][] = [
    [0, '80'],
    [126, 'fe'],
    [127, '407f'],
    [16382, '7ffe'],
    [16383, '203fff'],
    [2 ** 53 - 1, '011fffffffffffff'],
  ];
  for (const [value, bytes] of forms) {
    assert.equal(Buffer.from(encodeSize(value)).toString('hex'), bytes);
  }
  assert.throws(() => encodeSize(2 ** 56), { code: 'STATUS_MKV_NUMBER_TOO_BIG' });
});
