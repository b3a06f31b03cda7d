import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ElementHeader } from '../../src/matroska/element-header.ts';
import type { MatroskaHeader, MatroskaTrack } from '../../src/matroska/header.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { MatroskaTag } from '../../src/matroska/tags.ts';
import {
  checkMetadata,
  encodeTags,
  imageGenerationTags,
  notificationTags,
} from '../../src/matroska/tags.ts';
import { TimecodeScale } from '../../src/matroska/timecode.ts';
import { encodeSize } from './encode-size.ts';

const track: MatroskaTrack = {
  number: 1,
  uid: 1n,
  name: 'video',
  format: { kind: 'video', codecId: 'V_MPEG4/ISO/AVC', contentType: 'video/h264' },
};

const header: MatroskaHeader = {
  segmentUid: new Uint8Array(16),
  timecodeScaleNs: 1_000_000,
  title: 't',
  muxingApp: 'm',
  writingApp: 'w',
  tracks: [track],
};

function withFormat(format: Partial<MatroskaTrack['format']>): MatroskaHeader {
  return { ...header, tracks: [{ ...track, format: { ...track.format, ...format } }] };
}

/** The tags of Tags elements as the reader has them. */
function readTags(...encoded: Uint8Array[]): MatroskaTag[][] {
  const found: MatroskaTag[][] = [];
  const reader = new MatroskaReader({
    tags: (tags) => found.push(tags.map(({ name, value }) => ({ name, value }))),
  });
  for (const bytes of [encodeHeader(header), ...encoded]) reader.push(bytes);
  reader.end();
  return found;
}

test('every limit of a header is checked, and the error names field, value and limit', () => {
  const cases: [MatroskaHeader, string, RegExp][] = [
    [
      { ...header, segmentUid: new Uint8Array(15) },
      'STATUS_MKV_INVALID_SEGMENT_UUID',
      /segment UID has 15 bytes, 16/,
    ],
    [
      { ...header, timecodeScaleNs: 99 },
      'STATUS_MKV_INVALID_TIMECODE_SCALE',
      /99 ns.*100 to 1000000000/,
    ],
    [
      { ...header, timecodeScaleNs: 1_000_000_001 },
      'STATUS_MKV_INVALID_TIMECODE_SCALE',
      /1000000001/,
    ],
    [
      { ...header, muxingApp: 'x'.repeat(127) },
      'STATUS_MKV_INVALID_CLIENT_ID_LENGTH',
      /muxingApp.*127 bytes, at most 126/,
    ],
    [{ ...header, tracks: [] }, 'STATUS_TRACK_INFO_MISSING', /without a track/],
    [
      { ...header, tracks: [1, 2, 3, 4].map((n) => ({ ...track, number: n, uid: BigInt(n) })) },
      'STATUS_MAX_TRACK_COUNT_EXCEEDED',
      /4 tracks.*at most 3/,
    ],
    [
      { ...header, tracks: [{ ...track, uid: 0n }] },
      'STATUS_MKV_INVALID_TRACK_UID',
      /track 1 is 0/,
    ],
    [
      { ...header, tracks: [track, { ...track, number: 2 }] },
      'STATUS_DUPLICATE_TRACK_ID_FOUND',
      /id 1/,
    ],
    [
      { ...header, tracks: [{ ...track, name: 'n'.repeat(33) }] },
      'STATUS_MKV_INVALID_TRACK_NAME_LENGTH',
      /Name of track 1.*33 bytes, at most 32/,
    ],
    [
      withFormat({ codecId: 'c'.repeat(33) }),
      'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
      /33 bytes, at most 32/,
    ],
    [
      withFormat({ contentType: 'c'.repeat(129) }),
      'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
      /129 bytes, at most 128/,
    ],
    [
      withFormat({ codecPrivate: new Uint8Array(1024 * 1024 + 1) }),
      'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
      /1048577 bytes, at most 1048576/,
    ],
    [withFormat({ width: 65536, height: 8 }), 'STATUS_MKV_INVALID_H264_H265_SPS_WIDTH', /65536/],
    [withFormat({ width: 8, height: 65536 }), 'STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT', /65536/],
  ];
  for (const [wrong, code, message] of cases) {
    assert.throws(() => encodeHeader(wrong), { name: 'KvsError', code, message });
  }
});

test('what is just within the limits is written and read back', () => {
  const longest: MatroskaHeader = {
    ...header,
    muxingApp: 'x'.repeat(126),
    timecodeScaleNs: 100,
    tracks: [
      {
        number: 3,
        uid: 2n ** 64n - 1n,
        name: 'n'.repeat(32),
        format: {
          kind: 'other',
          codecId: 'c'.repeat(32),
          contentType: '',
          codecPrivate: new Uint8Array(1024 * 1024).fill(7),
        },
      },
    ],
  };
  let seen = 0;
  const reader = new MatroskaReader({
    info: ({ timecodeScaleNs }) => assert.equal(timecodeScaleNs, 100),
    tracks: ([read]) => {
      seen += 1;
      assert.equal(read?.number, 3);
      assert.equal(read?.uid, 2n ** 64n - 1n);
      assert.equal(read?.type, 3);
      assert.equal(read?.name.length, 32);
      assert.equal(read?.codecId.length, 32);
      assert.equal(read?.codecPrivate?.length, 1024 * 1024);
    },
  });
  reader.push(encodeHeader(longest));
  assert.equal(seen, 1);
});

test('tag names of 1 to 128 and values of 0 to 256 bytes', () => {
  const longest = { name: 'n'.repeat(128), value: 'v'.repeat(256) };
  assert.deepEqual(readTags(encodeTags([longest])), [[longest]]);
  const wrong: [MatroskaTag, string, RegExp][] = [
    [{ name: '', value: '' }, 'STATUS_MKV_INVALID_TAG_NAME_LENGTH', /0 bytes, from 1 to 128/],
    [{ name: 'n'.repeat(129), value: '' }, 'STATUS_MKV_INVALID_TAG_NAME_LENGTH', /129 bytes/],
    [{ name: 'ü'.repeat(65), value: '' }, 'STATUS_MKV_INVALID_TAG_NAME_LENGTH', /130 bytes/],
    [
      { name: 'n', value: 'v'.repeat(257) },
      'STATUS_MKV_INVALID_TAG_VALUE_LENGTH',
      /"n".*257 bytes/,
    ],
  ];
  for (const [tag, code, message] of wrong) {
    assert.throws(() => encodeTags([tag]), { code, message });
  }
});

test('names that begin with AWS are the service’s', () => {
  assert.throws(() => checkMetadata({ name: 'AWSOME', value: '' }), {
    code: 'STATUS_INVALID_METADATA_NAME',
    message: /AWSOME/,
  });
  assert.throws(() => checkMetadata({ name: '', value: '' }), {
    code: 'STATUS_MKV_INVALID_TAG_NAME_LENGTH',
  });
  checkMetadata({ name: 'aws', value: '' });
});

test('event tags: the event, the image prefix, the pairs, in one Tag', () => {
  const pairs = { camera: 'door', zone: '2' };
  assert.deepEqual(readTags(encodeTags(notificationTags({ pairs }))), [
    [
      { name: 'AWS_KINESISVIDEO_NOTIFICATION', value: '' },
      { name: 'camera', value: 'door' },
      { name: 'zone', value: '2' },
    ],
  ]);
  assert.deepEqual(imageGenerationTags({ imagePrefix: 'faces/', pairs }), [
    { name: 'AWS_KINESISVIDEO_IMAGE_GENERATION', value: '' },
    { name: 'AWS_KINESISVIDEO_IMAGE_PREFIX', value: 'faces/' },
    { name: 'camera', value: 'door' },
    { name: 'zone', value: '2' },
  ]);
  assert.deepEqual(imageGenerationTags({}), [
    { name: 'AWS_KINESISVIDEO_IMAGE_GENERATION', value: '' },
  ]);
});

test('event pairs and prefixes that are too long or begin with AWS', () => {
  const wrong: [() => unknown, string][] = [
    [() => notificationTags({ pairs: { AWSx: '' } }), 'STATUS_INVALID_METADATA_NAME'],
    [() => notificationTags({ pairs: { '': '' } }), 'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH'],
    [
      () => notificationTags({ pairs: { ['k'.repeat(129)]: '' } }),
      'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH',
    ],
    [
      () => notificationTags({ pairs: { k: 'v'.repeat(257) } }),
      'STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH',
    ],
    [
      () => imageGenerationTags({ imagePrefix: 'p'.repeat(257) }),
      'STATUS_INVALID_IMAGE_PREFIX_LENGTH',
    ],
    [() => imageGenerationTags({ imagePrefix: 'AWS' }), 'STATUS_INVALID_METADATA_NAME'],
  ];
  for (const [use, code] of wrong) assert.throws(use, { name: 'KvsError', code });
});

test('EBML sizes: what is written is read, whatever the number', () => {
  const read = new ElementHeader();
  fc.assert(
    fc.property(fc.maxSafeNat(), (size) => {
      const bytes = Buffer.concat([Buffer.of(0xec), encodeSize(size)]);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.ok(read.read(bytes, 0, length) > length);
      }
      assert.equal(read.read(bytes, 0, bytes.length), 0);
      assert.deepEqual([read.id, read.size, read.headerBytes], [0xec, size, bytes.length]);
    }),
  );
});

test('timecodes: truncated to units, exact beyond 2^53, any scale', () => {
  const ms = new TimecodeScale(1_000_000);
  assert.equal(ms.toUnits(41_999_999n), 41n);
  assert.equal(ms.toUnits(1_795_000_000_123_456_789n), 1_795_000_000_123n);
  assert.equal(ms.toNs(1_795_000_000_123n), 1_795_000_000_123_000_000n);
  assert.equal(new TimecodeScale(100).toUnits(1_795_000_000_123_456_789n), 17_950_000_001_234_567n);
  assert.equal(new TimecodeScale(1_000_000_000).toUnits(1_999_999_999n), 1n);
  for (const scale of [0, 99, 1.5, 1_000_000_001, Number.NaN]) {
    assert.throws(() => new TimecodeScale(scale), { code: 'STATUS_MKV_INVALID_TIMECODE_SCALE' });
  }
});
