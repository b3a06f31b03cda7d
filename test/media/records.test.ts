import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitReader, removeEmulationPrevention } from '../../src/media/bits/rbsp.ts';
import type { TrackFormat } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { buildAvcC, parseAvcC } from '../../src/media/h264/avcc.ts';
import { parseH264Sps } from '../../src/media/h264/h264-sps.ts';
import { parseH265Pps } from '../../src/media/h265/h265-pps.ts';
import { parseH265Sps } from '../../src/media/h265/h265-sps.ts';
import { buildHvcC, parseHvcC } from '../../src/media/h265/hvcc.ts';
import { hex } from './support.ts';

function formatOf(mediaType: string, codecData: Buffer): TrackFormat {
  const { format } = createAdapter({ kind: 'video', mediaType, codecData });
  assert.ok(format);
  return format;
}

function codecPrivate(mediaType: string, codecData: Buffer): string {
  return Buffer.from(formatOf(mediaType, codecData).codecPrivate ?? []).toString('hex');
}

// The parameter sets in the golden header of test/matroska/golden.test.ts.
const SPS = '6742c01ed900a047fec8';
const PPS = '68ce3c80';
const AVCC = '0142c01effe1000a6742c01ed900a047fec801000468ce3c80';

test('H.264 codec data in Annex B becomes upstream’s avcC, extra NAL units left out', () => {
  for (const [before, between] of [
    ['', ''],
    ['000001 0910', ''],
    ['00000001 0910 000001 0605010280', '00'],
  ]) {
    const data = hex(`${before} 00000001 ${SPS} ${between} 000001 ${PPS}`);
    assert.equal(codecPrivate('video/h264', data), AVCC);
  }
  const format = formatOf('video/h264', hex(`000001 ${SPS} 000001 ${PPS}`));
  assert.equal(format.width, 640);
  assert.equal(format.height, 128);
});

test('H.264 resolution from avcC, whatever its length size and number of SPS', () => {
  for (const record of [AVCC, AVCC.replace('1eff', '1efd').replace('e1000a', '61000a')]) {
    const format = formatOf('video/h264', hex(record));
    assert.equal(format.width, 640);
    assert.equal(format.height, 128);
  }
});

test('H.264: no start code and no record is an error', () => {
  assert.throws(() => formatOf('video/h264', hex(SPS)), {
    name: 'KvsError',
    code: 'STATUS_MKV_INVALID_H264_H265_CPD',
  });
});

test('emulation prevention bytes are no part of the fields', () => {
  assert.equal(
    Buffer.from(removeEmulationPrevention(hex('0000030000030100000303'))).toString('hex'),
    '000000000100000 3'.replaceAll(' ', ''),
  );
  // A SPS whose VUI has 00 00 03 in it: 320x180 at 25 frames per second.
  const sps = parseH264Sps(hex('6764000dacd941419f9e10000003001000000303 20f142996000'));
  assert.equal(sps.width, 320);
  assert.equal(sps.height, 180);
  assert.equal(sps.frameRate, 25);
});

// An SPS of level 2.0 of which upstream makes a record with level 0.
const H265_VPS = '40010c01ffff016000000300b0000003000003003c170240';
const H265_SPS = '420101016000000300b0000003000003003ca00a080f1f7b7c2ee4d8';
const H265_PPS = '4401c0f7c0cc90';

test('hvcC has the real profile, compatibility, constraints and level', () => {
  const sps = parseH265Sps(hex(H265_SPS));
  const record = buildHvcC(sps, 0, {
    vps: [hex(H265_VPS)],
    sps: [hex(H265_SPS)],
    pps: [hex(H265_PPS)],
  });
  assert.equal(
    Buffer.from(record.subarray(0, 13)).toString('hex'),
    hex('01 01 60000000 b00000000000 3c').toString('hex'),
  );
});

test('H.265 codec data in Annex B, an AUD and SEI in front and sets in any order', () => {
  const plain = hex(`000001 ${H265_VPS} 000001 ${H265_SPS} 000001 ${H265_PPS}`);
  const expected = codecPrivate('video/h265', plain);
  const mixed = hex(
    `00000001 460110 000001 4e0105 0180 000001 ${H265_PPS} 000001 ${H265_SPS} 000001 ${H265_VPS}`,
  );
  assert.equal(codecPrivate('video/h265', mixed), expected);
  const { nals } = parseHvcC(hex(expected));
  assert.deepEqual(
    nals.map((nal) => Buffer.from(nal).toString('hex')),
    [H265_VPS, H265_SPS, H265_PPS],
  );
  // The same resolution from the record as from Annex B.
  const [fromRecord, fromAnnexB] = [
    formatOf('video/h265', hex(expected)),
    formatOf('video/h265', plain),
  ];
  assert.deepEqual([fromRecord.width, fromRecord.height], [fromAnnexB.width, fromAnnexB.height]);
  assert.equal(codecPrivate('video/h265', hex(expected)), expected);
});

test('hvcC: several of each, empty arrays and SEI arrays are read', () => {
  const record = hex(
    `01 01 60000000 b00000000000 3c f000 fc fd f8 f8 0000 0f 04
     a0 0000 a1 0002 0002 4201 0003 420102 a2 0001 0002 4401 a7 0001 0002 4e01`,
  );
  assert.deepEqual(
    parseHvcC(record).nals.map((nal) => Buffer.from(nal).toString('hex')),
    ['4201', '420102', '4401', '4e01'],
  );
});

test('hvcC: wavefronts and tiles of the PPS count when the VUI names segments', () => {
  // pps_id 0, sps_id 0, 7 zero bits, ue 0, ue 0, se 0, 2 bits, no cu_qp_delta, se 0, se 0, 4 bits.
  const pps = (parallelism: string): number => {
    const bits = `110000000111000110000${parallelism}1`.padEnd(32, '0');
    const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
    return parseH265Pps(Buffer.from([0x44, 0x01, ...bytes])).parallelismType;
  };
  assert.deepEqual(['00', '10', '01', '11'].map(pps), [1, 2, 3, 0]);
  const sps = { ...parseH265Sps(hex(H265_SPS)), minSpatialSegmentationIdc: 0x123 };
  const sets = { vps: [], sps: [hex(H265_SPS)], pps: [hex(H265_PPS)] };
  assert.equal(Buffer.from(buildHvcC(sps, 2, sets).subarray(13, 16)).toString('hex'), 'f123fe');
  assert.equal(buildHvcC(sps, 2, sets)[22], 2, 'no array of VPS when there is none');
});

test('records without an SPS or a PPS are not made', () => {
  const [sps, h265] = [parseH264Sps(hex(SPS)), parseH265Sps(hex(H265_SPS))];
  assert.throws(() => buildAvcC(sps, [], [hex(PPS)]), {
    code: 'STATUS_MKV_MISSING_SPS_FROM_H264_CPD',
  });
  assert.throws(() => buildAvcC(sps, [hex(SPS)], []), {
    code: 'STATUS_MKV_MISSING_PPS_FROM_H264_CPD',
  });
  assert.throws(() => buildHvcC(h265, 0, { vps: [], sps: [], pps: [] }), {
    code: 'STATUS_MKV_HEVC_SPS_NALU_MISSING',
  });
  assert.throws(() => buildAvcC(sps, Array(32).fill(hex(SPS)), [hex(PPS)]), /32 SPS/);
  assert.throws(
    () => buildAvcC(sps, [Buffer.concat([hex(SPS), Buffer.alloc(65536)])], [hex(PPS)]),
    /65546 bytes/,
  );
});

test('avcC: what is built is read again, any number of sets', () => {
  const sps = parseH264Sps(hex(SPS));
  const nal = fc.uint8Array({ minLength: 4, maxLength: 300 });
  fc.assert(
    fc.property(
      fc.array(nal, { minLength: 1, maxLength: 31 }),
      fc.array(nal, { minLength: 1, maxLength: 40 }),
      (spsNals, ppsNals) => {
        const parsed = parseAvcC(buildAvcC(sps, spsNals, ppsNals));
        assert.deepEqual([parsed.sps, parsed.pps, parsed.lengthSize], [spsNals, ppsNals, 4]);
      },
    ),
  );
});

test('Exp-Golomb codes', () => {
  const codes: [string, number, number][] = [
    ['80', 0, 0],
    ['40', 1, 1],
    ['60', 2, -1],
    ['20', 3, 2],
    ['28', 4, -2],
    ['00000001fffffffe', 2 ** 32 - 2, -(2 ** 31 - 1)],
  ];
  for (const [bytes, unsigned, signed] of codes) {
    assert.equal(new BitReader(hex(bytes)).unsignedGolomb(), unsigned);
    assert.equal(new BitReader(hex(bytes)).signedGolomb(), signed);
  }
  assert.throws(() => new BitReader(hex('0000000000')).unsignedGolomb(), {
    code: 'STATUS_BIT_READER_INVALID_SIZE',
  });
  assert.throws(() => new BitReader(hex('00')).unsignedGolomb(), {
    code: 'STATUS_BIT_READER_OUT_OF_RANGE',
  });
});
