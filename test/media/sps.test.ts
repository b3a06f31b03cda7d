import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseH264Sps } from '../../src/media/h264/h264-sps.ts';
import { parseH265Sps } from '../../src/media/h265/h265-sps.ts';
import { BitWriter } from './bit-writer.ts';
import { hex } from './support.ts';
import { needs, run, tempDir } from './tools.ts';

// Parameter sets that the encoders at hand do not make, bit for bit. That the bits are right is
// shown by ffmpeg, which reads the same size from them.

/** The width and height that ffmpeg reads from an SPS. */
function ffmpegSize(dir: string, format: 'h264' | 'hevc', ...nals: Buffer[]): string {
  const file = join(dir, `a.${format}`);
  const startCode = hex('00000001');
  writeFileSync(file, Buffer.concat(nals.flatMap((nal) => [startCode, nal])));
  return run('ffprobe', [
    ...['-v', 'quiet', '-f', format, '-show_entries', 'stream=width,height', '-of', 'csv=p=0'],
    file,
  ]).trim();
}

const H264_PPS = new BitWriter().ue(0, 0).u(0, 2).ue(0, 0, 0).u(0, 3).se(0, 0, 0).u(0, 3).nal(0x68);
/** An IDR slice header, which is all that is needed for ffmpeg to look at the SPS. */
const H264_IDR = new BitWriter().ue(0, 7, 0).u(0, 4).ue(0).u(0, 6).se(0).u(0x5a5a, 16).nal(0x65);

/** A SPS of 22x15 macroblocks with the given scaling lists. */
function h264Sps(
  profile: number,
  chromaFormat: number,
  lists: (writer: BitWriter) => void,
): Buffer {
  const writer = new BitWriter().u(profile, 8).u(0, 8).u(40, 8).ue(0, chromaFormat);
  if (chromaFormat === 3) writer.u(0, 1);
  writer.ue(0, 0).u(0, 1).u(1, 1);
  lists(writer);
  return writer.ue(0, 0, 2, 1).u(0, 1).ue(21, 14).u(0b110, 3).u(0, 1).nal(0x67);
}

/** Deltas of a list that wanders up and down and ends with the given scale of 8 again. */
function wandering(size: number): number[] {
  return Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 9 : -9));
}

const LISTS: Record<
  string,
  readonly [profile: number, chromaFormat: number, (writer: BitWriter) => void]
> = {
  'every list, signed deltas': [
    100,
    1,
    (writer) => {
      for (let list = 0; list < 8; list += 1) writer.u(1, 1).se(...wandering(list < 6 ? 16 : 64));
    },
  ],
  'lists that end early, at the default and after a few': [
    110,
    1,
    (writer) => {
      // -8: the default list at once. 5, then 13 - 13 = 0: the rest repeats.
      writer
        .u(1, 1)
        .se(-8)
        .u(1, 1)
        .se(5, -13)
        .u(0, 1)
        .u(1, 1)
        .se(...wandering(16))
        .u(0, 2);
      writer.u(1, 1).se(-8).u(1, 1).se(100, 120, 28);
    },
  ],
  'twelve lists of 4:4:4': [
    244,
    3,
    (writer) => {
      for (let list = 0; list < 12; list += 1) {
        writer.u(1, 1).se(list % 3 === 0 ? -8 : 0, ...(list % 3 === 0 ? [] : [-8]));
      }
    },
  ],
};

for (const [name, [profile, chromaFormat, lists]] of Object.entries(LISTS)) {
  test(`H.264 scaling lists: ${name}`, needs('ffprobe'), (t) => {
    const sps = h264Sps(profile, chromaFormat, lists);
    const { width, height } = parseH264Sps(sps);
    assert.equal(`${width},${height}`, '352,240');
    assert.equal(ffmpegSize(tempDir(t), 'h264', sps, H264_PPS, H264_IDR), '352,240');
  });
}

test('H.264: picture order count type 1, its cycle', needs('ffprobe'), (t) => {
  const sps = new BitWriter()
    .u(66, 8)
    .u(0, 8)
    .u(30, 8)
    .ue(0, 0, 1)
    .u(0, 1)
    .se(-3, 4)
    .ue(3)
    .se(100, -200, 300)
    .ue(1)
    .u(0, 1)
    .ue(9, 7)
    .u(0b110, 3)
    .u(0, 1)
    .nal(0x67);
  const { width, height } = parseH264Sps(sps);
  assert.equal(`${width},${height}`, '160,128');
  assert.equal(ffmpegSize(tempDir(t), 'h264', sps, H264_PPS, H264_IDR), '160,128');
});

test('H.264: 4:4:4 in separate planes is cropped by single pixels', () => {
  const sps = new BitWriter().u(244, 8).u(0, 8).u(40, 8).ue(0, 3).u(1, 1).ue(0, 0).u(0, 2);
  sps.ue(0, 0, 2, 1).u(0, 1).ue(9, 7).u(0b111, 3).ue(1, 2, 3, 4).u(0, 1);
  const { width, height } = parseH264Sps(sps.nal(0x67));
  assert.equal(`${width},${height}`, '157,121');
});

/** Writes a SPS of 416x240 with reference picture sets, scaling lists, long-term pictures, HRD. */
function h265Sps(options: { subLayersMinus1: number; withHrd: boolean; vuiEnd: boolean }): Buffer {
  const { subLayersMinus1, withHrd, vuiEnd } = options;
  const writer = new BitWriter().u(0, 4).u(subLayersMinus1, 3).u(1, 1);
  writer.u(1, 8).u(0x60000000, 32).u(0x9000, 16).u(0, 32).u(93, 8);
  for (let i = 0; i < subLayersMinus1; i += 1) writer.u(0b11, 2);
  if (subLayersMinus1 > 0) {
    writer.u(0, 2 * (8 - subLayersMinus1));
    for (let i = 0; i < subLayersMinus1; i += 1) {
      writer.u(1, 8).u(0x60000000, 32).u(0x9000, 16).u(0, 32).u(63, 8);
    }
  }
  writer.ue(0, 1, 416, 240).u(0, 1).ue(0, 0, 4).u(1, 1);
  for (let i = 0; i <= subLayersMinus1; i += 1) writer.ue(4, 2, 0);
  writer.ue(0, 3, 0, 3, 1, 1).u(0b11, 2);
  for (let sizeId = 0; sizeId < 4; sizeId += 1) {
    for (let matrixId = 0; matrixId < (sizeId === 3 ? 2 : 6); matrixId += 1) {
      if (matrixId === 1) {
        writer.u(0, 1).ue(1);
      } else {
        writer.u(1, 1);
        if (sizeId > 1) writer.se(3);
        writer.se(...wandering(sizeId === 0 ? 16 : 64));
      }
    }
  }
  writer.u(0b11, 2).u(1, 1).u(0x77, 8).ue(0, 1).u(0, 1);
  // Three reference picture sets: explicit, predicted from it, and explicit.
  writer.ue(3).ue(2, 1).ue(0).u(1, 1).ue(1).u(1, 1).ue(0).u(1, 1);
  writer.u(1, 1).u(1, 1).ue(0).u(1, 1).u(0b01, 2).u(1, 1).u(0b00, 2);
  writer.u(0, 1).ue(1, 0).ue(0).u(1, 1);
  writer.u(1, 1).ue(2).u(5, 8).u(1, 1).u(6, 8).u(0, 1);
  writer.u(0b11, 2);
  writer.u(1, 1); // VUI
  writer.u(1, 1).u(255, 8).u(40, 16).u(33, 16); // explicit aspect ratio
  writer.u(0b11, 2).u(1, 1).u(5, 3).u(0, 1).u(1, 1).u(0x010101, 24).u(1, 1).ue(1, 1);
  writer.u(0, 3).u(1, 1).ue(0, 0, 0, 0);
  writer
    .u(1, 1)
    .u(1001, 32)
    .u(30000, 32)
    .u(1, 1)
    .ue(0)
    .u(withHrd ? 1 : 0, 1);
  if (withHrd) {
    writer.u(0b11, 2).u(1, 1).u(0x12345, 19).u(0x44, 8).u(9, 4).u(0x3def, 15);
    for (let i = 0; i <= subLayersMinus1; i += 1) {
      // Fixed rate with one delay; then neither, low delay.
      writer.u(i === 0 ? 1 : 0, 1);
      if (i === 0) writer.ue(1).ue(1);
      else writer.u(0, 1).u(1, 1);
      for (let kind = 0; kind < 2; kind += 1) {
        for (let cpb = 0; cpb < (i === 0 ? 2 : 1); cpb += 1) writer.ue(100, 200, 300, 400).u(1, 1);
      }
    }
  }
  writer
    .u(1, 1)
    .u(0, 3)
    .ue(vuiEnd ? 291 : 0);
  return writer.ue(0, 0, 15, 15).u(0, 1).nal(0x42, 0x01);
}

for (const subLayersMinus1 of [0, 2]) {
  for (const withHrd of [false, true]) {
    test(
      `H.265 SPS with everything, ${subLayersMinus1 + 1} sub-layers, ${withHrd ? 'with' : 'without'} HRD: read to the end`,
      needs('ffprobe'),
      (t) => {
        const nal = h265Sps({ subLayersMinus1, withHrd, vuiEnd: true });
        const sps = parseH265Sps(nal);
        assert.equal(`${sps.width},${sps.height}`, '416,240');
        assert.equal(sps.temporalLayers, subLayersMinus1 + 1);
        assert.equal(sps.frameRate, 30000 / 1001);
        // The last field that is needed, behind everything else: one bit too many anywhere and it
        // is another.
        assert.equal(sps.minSpatialSegmentationIdc, 291);
        const vps = new BitWriter().u(0, 4).u(3, 2).u(0, 6).u(0, 3).u(1, 1).u(0xffff, 16);
        vps.u(1, 8).u(0x60000000, 32).u(0x9000, 16).u(0, 32).u(93, 8);
        vps.u(1, 1).ue(4, 2, 0).u(0, 6).ue(0).u(0, 2);
        const pps = new BitWriter().ue(0, 0).u(0, 7).ue(0, 0).se(0).u(0, 3).se(0, 0).u(0, 10);
        pps.ue(0).u(0, 2);
        const idr = new BitWriter().u(0b10, 2).ue(0, 2).u(0, 30);
        const size = ffmpegSize(
          tempDir(t),
          'hevc',
          ...[vps.nal(0x40, 1), nal, pps.nal(0x44, 1), idr.nal(0x26, 1)],
        );
        assert.equal(size, '416,240');
      },
    );
  }
}
