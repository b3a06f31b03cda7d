import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { parseAacConfig } from '../../src/media/audio/aac-config.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { parseAvcC } from '../../src/media/h264/avcc.ts';
import { parseH264Pps } from '../../src/media/h264/h264-pps.ts';
import { type H264Fields, H264SliceHeader } from '../../src/media/h264/h264-slice.ts';
import { parseH264Sps } from '../../src/media/h264/h264-sps.ts';
import { parseH265Pps } from '../../src/media/h265/h265-pps.ts';
import { type H265Fields, H265SliceHeader } from '../../src/media/h265/h265-slice.ts';
import { parseH265Sps } from '../../src/media/h265/h265-sps.ts';
import { parseHvcC } from '../../src/media/h265/hvcc.ts';
import { jpegSize } from '../../src/media/mjpeg.ts';
import { type FieldsByKind, ParameterSets } from '../../src/media/nal/parameter-sets.ts';
import { adapt, hex } from './support.ts';

/** How long each of the tests looks for inputs that break something. */
const BUDGET_MS = 600;

const H264_SPS = hex('6764001facd9405005bb016a02020280000003008000001e478c1924');
const H264_PPS = hex('68ebe3cb22c0');
const H264_IDR = hex('65888400 2bfffed8f3');
const H265_VPS = hex('40010c01ffff01600000030090000003000003003c959809');
const H265_SPS = hex(
  '420101016000000300900000030000 03003ca00a080f165965924caf016a02020208000003000800000300c840',
);
const H265_PPS = hex('4401c172b46240');
const H265_IDR = hex('2601af09 4000ff');
const ADTS = hex('fff14c80013ffc2110 fff14c80013ffc2110');

/** Real bytes with some of them changed, cut out or repeated, or random bytes. */
function damaged(...seeds: Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'flip', 'cut', 'repeat'),
    value: fc.nat(255),
    length: fc.integer({ min: 1, max: 12 }),
  });
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }))
        .map(([seed, changes]) => {
          let bytes = Buffer.from(seed);
          for (const { at, kind, value, length } of changes) {
            const index = at % Math.max(1, bytes.length);
            if (kind === 'cut') {
              bytes = Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + length)]);
            } else if (kind === 'repeat') {
              const part = bytes.subarray(index, index + length);
              bytes = Buffer.concat([bytes.subarray(0, index), part, bytes.subarray(index)]);
            } else if (bytes.length > 0) {
              bytes[index] = kind === 'set' ? value : (bytes[index] ?? 0) ^ (1 << (value & 7));
            }
          }
          return bytes;
        }),
    },
  );
}

/** Runs `use` on inputs until the time is over; it may throw nothing but KvsError. */
function onlyKvsErrors<T>(input: fc.Arbitrary<T>, use: (value: T) => void): void {
  fc.assert(
    fc.property(input, (value) => {
      try {
        use(value);
      } catch (error) {
        if (!(error instanceof KvsError)) throw error;
      }
    }),
    { numRuns: 1_000_000, interruptAfterTimeLimit: BUDGET_MS, markInterruptAsFailure: false },
  );
}

function startCodes(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [hex('000001'), nal]));
}

function lengths(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [Buffer.of(0, 0, 0, nal.length), nal]));
}

const H264 = [H264_SPS, H264_PPS, H264_IDR];
const H265 = [H265_VPS, H265_SPS, H265_PPS, H265_IDR];

test('the samples themselves are read', () => {
  assert.equal(parseH264Sps(H264_SPS).width, 1280);
  assert.equal(parseH265Sps(H265_SPS).width, 320);
});

test('H.264 SPS: no exception but ours', () => {
  onlyKvsErrors(damaged(H264_SPS), (bytes) => {
    const { width, height } = parseH264Sps(bytes);
    assert.ok(width > 0 && height > 0);
  });
});

test('H.265 SPS and PPS: no exception but ours', () => {
  onlyKvsErrors(damaged(H265_SPS, H265_PPS), (bytes) => {
    parseH265Pps(bytes);
    const { width, height, profileTierLevel } = parseH265Sps(bytes);
    assert.ok(width > 0 && height > 0 && profileTierLevel.length === 12);
  });
});

/** Parameter sets of which a slice finds one whatever number it names. */
function setsOf<Fields extends FieldsByKind>(
  sps: Fields['sps'] & { id: number },
  pps: Fields['pps'],
): ParameterSets<Fields> {
  const sets = new ParameterSets<Fields>();
  const nal = new Uint8Array();
  sets.learn({ kind: 'sps', id: sps.id, parentId: 0, nal, fields: sps });
  for (let id = 0; id < 256; id += 1) {
    sets.learn({ kind: 'pps', id, parentId: sps.id, nal, fields: pps });
  }
  return sets;
}

test('slice headers: nothing is thrown, and reading them ends, whatever the bytes are', () => {
  // Sets with everything in them that makes slice headers long, and real ones.
  const h264Pps = { ...parseH264Pps(H264_PPS), hasBottomFieldOrder: true, isWeighted: true };
  const fullPps = { ...h264Pps, weightedBipredIdc: 1, hasRedundantPictures: true };
  const sps264 = { ...parseH264Sps(H264_SPS), isFramesOnly: false };
  const pps265 = { ...parseH265Pps(H265_PPS), hasOutputFlag: true, extraSliceHeaderBits: 7 };
  const sps265 = parseH265Sps(H265_SPS);
  const avc = new H264SliceHeader(setsOf<H264Fields>(sps264, fullPps));
  const hevc = new H265SliceHeader(setsOf<H265Fields>(sps265, pps265));
  const inputs = fc.tuple(damaged(H264_IDR, hex('419a246c43ffd0'), H265_IDR), fc.nat(40));
  fc.assert(
    fc.property(inputs, ([bytes, cut]) => {
      const end = Math.min(cut, bytes.length + 3);
      avc.read(bytes, 0, end);
      hevc.read(bytes, 0, end);
      assert.ok(avc.frameNum < sps264.maxFrameNum && hevc.pocLsb < sps265.maxPocLsb);
    }),
    { numRuns: 1_000_000, interruptAfterTimeLimit: BUDGET_MS, markInterruptAsFailure: false },
  );
});

test('avcC, hvcC, AudioSpecificConfig and JPEG headers: no exception but ours', () => {
  const avcC = hex(
    '0164001fffe1001c6764001facd9405005bb016a02020280000003008000001e478c192401000668ebe3cb22c0',
  );
  const hvcC = hex(`0101600000009000000000003cf000fcfdf8f800000f03 20000100 0440010c01
    2100010004 42010101 2200010004 4401c172`);
  onlyKvsErrors(damaged(avcC), parseAvcC);
  onlyKvsErrors(damaged(hvcC), parseHvcC);
  onlyKvsErrors(damaged(hex('2b920800'), hex('139056e5a0'), hex('118056e5')), parseAacConfig);
  onlyKvsErrors(damaged(hex('ffd8ffe000040102ffc000110800f2014203012200021101031101')), jpegSize);
});

for (const [mediaType, nals] of [
  ['video/h264', H264],
  ['video/h265', H265],
] as const) {
  for (const [streamFormat, join] of [
    ['byte-stream', startCodes],
    [mediaType === 'video/h264' ? 'avc3' : 'hev1', lengths],
  ] as const) {
    test(`${mediaType} ${streamFormat}: access units of all kinds, and the plan is always kept`, () => {
      const units = fc.array(damaged(join(...nals), join(...nals.slice(-1))), { maxLength: 5 });
      onlyKvsErrors(units, (list) => {
        const adapter = createAdapter({ kind: 'video', mediaType, streamFormat });
        for (const data of list) {
          // adapt() fails when another number of bytes is written than was planned.
          adapt(adapter, data);
        }
      });
    });
  }
}

test('ADTS: no exception but ours, and the plan is always kept', () => {
  const withCrc = hex('fff04c8002fffe00040009aabb2110ccdd311012ccdd41ccdd');
  onlyKvsErrors(damaged(ADTS, withCrc, hex('fff14c000 13ffc a110')), (data) => {
    adapt(createAdapter({ kind: 'audio', mediaType: 'audio/aac', streamFormat: 'adts' }), data);
  });
});
