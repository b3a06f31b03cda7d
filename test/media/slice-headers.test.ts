import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RangeList } from '../../src/media/bits/range-list.ts';
import { H264Codec } from '../../src/media/h264/h264-codec.ts';
import { H265Codec } from '../../src/media/h265/h265-codec.ts';
import { scanAnnexB } from '../../src/media/nal/nal-units.ts';
import { BitWriter } from './bit-writer.ts';
import { startCodes } from './nal-samples.ts';
import { ffmpeg, needs, run, tempDir } from './tools.ts';
import { type TracedSlice, tracedSlices } from './trace-headers.ts';

// The judge is ffmpeg's trace_headers, which prints each field of each header.

/** Calls `use` for each NAL unit of a byte stream. */
function eachNal(stream: Buffer, use: (start: number, end: number) => void): void {
  const list = new RangeList();
  scanAnnexB(stream, list);
  for (let i = 0; i < list.count; i += 1) use(list.starts[i] ?? 0, list.ends[i] ?? 0);
}

/** The headers of all slices as this project reads them, in ffmpeg's names. */
function h264Slices(stream: Buffer): Record<string, number>[] {
  const codec = new H264Codec();
  const { slice } = codec;
  const found: Record<string, number>[] = [];
  eachNal(stream, (start, end) => {
    const nal = stream.subarray(start, end);
    const type = (nal[0] ?? 0) & 31;
    if (type === 7 || type === 8) codec.learn(nal);
    if (![1, 2, 5].includes(type)) return;
    assert.ok(slice.read(stream, start, end), `slice of ${end - start} bytes`);
    found.push({
      nal_ref_idc: slice.nalRefIdc,
      slice_type: slice.sliceType,
      pic_parameter_set_id: slice.pps.id,
      frame_num: slice.frameNum,
      field_pic_flag: Number(slice.isField),
      bottom_field_flag: Number(slice.isBottomField),
      idr_pic_id: slice.idrPicId,
      pic_order_cnt_lsb: slice.pocLsb,
      delta_pic_order_cnt_bottom: slice.deltaPocBottom,
      'delta_pic_order_cnt[0]': slice.deltaPoc0,
      'delta_pic_order_cnt[1]': slice.deltaPoc1,
      clears: Number(slice.clearsReferences),
    });
  });
  return found;
}

function h265Slices(stream: Buffer): Record<string, number>[] {
  const codec = new H265Codec();
  const { slice } = codec;
  const found: Record<string, number>[] = [];
  eachNal(stream, (start, end) => {
    const nal = stream.subarray(start, end);
    const type = (nal[0] ?? 0) >> 1;
    if (type === 33 || type === 34) codec.learn(nal);
    if (type > 31 || ((nal[2] ?? 0) & 0x80) === 0) return;
    assert.ok(slice.read(stream, start, end), `slice of ${end - start} bytes`);
    found.push({
      nal_unit_type: slice.nalType,
      nuh_temporal_id_plus1: slice.temporalId + 1,
      slice_pic_parameter_set_id: slice.pps.id,
      slice_type: slice.sliceType,
      slice_pic_order_cnt_lsb: slice.pocLsb,
      pic_output_flag: Number(slice.isShown),
      next_bit: slice.reader.bit(),
    });
  });
  return found;
}

/** The traced value of each field that was found, with what the standard infers where it is absent. */
function sameFields(traced: TracedSlice, found: Record<string, number>): Record<string, number> {
  const inferred: Record<string, number> = { pic_output_flag: 1 };
  const clears = [...traced].some(
    ([name, value]) => name.startsWith('memory_management') && value === 5,
  );
  return Object.fromEntries(
    Object.keys(found).map((name) => {
      const value = name === 'clears' ? Number(clears) : traced.get(name);
      return [name, value ?? inferred[name] ?? 0];
    }),
  );
}

function compare(file: string, found: Record<string, number>[], traced: TracedSlice[]): void {
  assert.equal(found.length, traced.length, file);
  assert.deepEqual(
    found,
    traced.map((slice, index) => sameFields(slice, found[index] ?? {})),
  );
}

/** Sixty pictures with some motion. */
const SOURCE = ['-f', 'lavfi', '-i', 'testsrc2=s=176x144:r=25', '-frames:v', '60'];

const X264: Record<string, string> = {
  'B-frames in a pyramid, open GOPs': 'bframes=3:b-pyramid=normal:open-gop=1:keyint=12',
  'weighted prediction, many references': 'bframes=5:ref=8:weightp=2:keyint=40',
  'fields in frames': 'interlaced=1:bframes=2:keyint=20',
  'no B-frames: picture order type 2': 'bframes=0:keyint=20',
  'intra refresh, four slices': 'intra-refresh=1:bframes=0:slices=4:keyint=15',
  'constrained baseline': 'cabac=0:bframes=0:8x8dct=0:weightp=0',
  'several sets of other ids': 'sps-id=3:bframes=2',
};

function encode(t: TestContext, codec: 'h264' | 'h265', params: string, ...more: string[]): string {
  const file = join(tempDir(t), `a.${codec}`);
  const encoder = codec === 'h264' ? 'libx264' : 'libx265';
  const quiet = codec === 'h264' ? params : `log-level=none:${params}`;
  const input = [...SOURCE, '-pix_fmt', 'yuv420p', '-c:v', encoder];
  ffmpeg(...input, `-${encoder.slice(3)}-params`, quiet, ...more, file);
  return file;
}

for (const [name, params] of Object.entries(X264)) {
  test(
    `H.264 slice headers of x264 are read as ffmpeg reads them: ${name}`,
    needs('ffmpeg'),
    (t) => {
      const file = encode(t, 'h264', params);
      compare(file, h264Slices(readFileSync(file)), tracedSlices(file));
    },
  );
}

test(
  'H.264 slice headers of openh264 are read as ffmpeg reads them',
  needs('gst-launch-1.0', 'ffmpeg'),
  (t) => {
    const file = join(tempDir(t), 'a.h264');
    run('gst-launch-1.0', [
      ...'-q videotestsrc num-buffers=40 pattern=ball ! video/x-raw,width=176,height=144'.split(
        ' ',
      ),
      ...'! openh264enc gop-size=10 slice-mode=n-slices num-slices=3 ! filesink'.split(' '),
      `location=${file}`,
    ]);
    compare(file, h264Slices(readFileSync(file)), tracedSlices(file));
  },
);

const X265: Record<string, string> = {
  'B-frames in a pyramid, open GOPs': 'bframes=4:b-pyramid=1:open-gop=1:keyint=12:min-keyint=12',
  'closed GOPs, RADL pictures': 'bframes=3:open-gop=0:radl=2:keyint=12:min-keyint=12',
  'temporal layers': 'bframes=3:temporal-layers=2:keyint=20',
  'no B-frames, two slices': 'bframes=0:slices=2',
  'field by field': 'interlace=tff:bframes=2',
};

for (const [name, params] of Object.entries(X265)) {
  test(
    `H.265 slice headers of x265 are read as ffmpeg reads them: ${name}`,
    needs('ffmpeg'),
    (t) => {
      const file = encode(t, 'h265', params);
      const traced = tracedSlices(file).filter(
        (slice) => slice.get('first_slice_segment_in_pic_flag') === 1,
      );
      const found = h265Slices(readFileSync(file));
      for (const [index, slice] of found.entries()) {
        // What follows the picture order count is short_term_ref_pic_set_sps_flag, or SAO's flag.
        const next = ['short_term_ref_pic_set_sps_flag', 'slice_sao_luma_flag'];
        const expected = next
          .map((field) => traced[index]?.get(field))
          .find((v) => v !== undefined);
        if (expected !== undefined) assert.equal(slice['next_bit'], expected, `slice ${index}`);
        delete slice['next_bit'];
      }
      compare(file, found, traced);
    },
  );
}

/** A SPS of 160x128 whose order and fields are as given. */
function h264Sps(order: (writer: BitWriter) => void, isFramesOnly: boolean): Buffer {
  const writer = new BitWriter().u(77, 8).u(0, 8).u(30, 8).ue(0, 4);
  order(writer);
  writer
    .ue(4)
    .u(1, 1)
    .ue(9, isFramesOnly ? 7 : 3);
  return writer
    .u(isFramesOnly ? 0b1 : 0b00, isFramesOnly ? 1 : 2)
    .u(0b100, 3)
    .nal(0x67);
}

/** A PPS with orders of bottom fields, both kinds of weights and redundant pictures. */
const FULL_PPS = new BitWriter()
  .ue(0, 0)
  .u(0b01, 2)
  .ue(0, 1, 1)
  .u(0b101, 3)
  .se(0, 0, 0)
  .u(0b101, 3)
  .nal(0x68);

/** Slices that no encoder at hand makes; each is a whole stream with the sets in front. */
const MADE: Record<string, () => Buffer> = {
  'order of type 1 with offsets': () => {
    const sps = h264Sps((w) => w.ue(1).u(0, 1).se(-3, 4).ue(2).se(100, -200), true);
    const idr = new BitWriter().ue(0, 7, 0).u(0, 8).ue(5).se(-7, 9).ue(0).u(0, 2).se(0).ue(1);
    return startCodes(sps, FULL_PPS, idr.u(0x5a5a, 16).nal(0x65));
  },
  'a field with list changes, weights and memory operation 5': () => {
    const sps = h264Sps((w) => w.ue(0, 4), false);
    const idr = new BitWriter().ue(0, 7, 0).u(0, 8).u(0b10, 2).ue(1).u(0, 8).ue(0).u(0, 2);
    const p = new BitWriter().ue(0, 5, 0).u(1, 8).u(0b11, 2).u(200, 8).ue(0);
    p.u(1, 1).ue(2).u(1, 1).ue(0, 4, 1, 3, 2, 0, 3); // three pictures, in another order
    p.ue(5, 4); // weights: of both, of neither, of luma
    p.u(1, 1).se(-3, 9).u(1, 1).se(1, 2, 3, 4).u(0, 2).u(1, 1).se(7, -7).u(0, 1);
    p.u(1, 1).ue(1, 3, 3, 2, 1, 5, 4, 1, 6, 0, 0).se(0).ue(1);
    return startCodes(
      ...[sps, FULL_PPS, idr.se(0).ue(1).u(0x5a5a, 16).nal(0x65)],
      p.u(0x5a5a, 16).nal(0x41),
    );
  },
  'a frame that says where its bottom field is, behind zeros that need escaping': () => {
    const sps = h264Sps((w) => w.ue(0, 12), true);
    const idr = new BitWriter().ue(0, 7, 0).u(0, 8).ue(0).u(0, 16).se(-1).ue(0).u(0, 2).se(0);
    const p = new BitWriter().ue(0, 6, 0).u(0, 8).u(0, 16).se(300).ue(0).u(1, 1).u(0, 1).u(0, 2);
    p.ue(0, 0).u(0, 8).u(1, 1).ue(0);
    return startCodes(
      ...[sps, FULL_PPS, idr.ue(1).u(0x5a5a, 16).nal(0x65)],
      p.se(0).ue(1).u(0x5a5a, 16).nal(0x01),
    );
  },
};

for (const [name, make] of Object.entries(MADE)) {
  test(`H.264 slice headers are read as ffmpeg reads them: ${name}`, needs('ffmpeg'), (t) => {
    const stream = make();
    const file = join(tempDir(t), 'a.h264');
    writeFileSync(file, stream);
    const traced = tracedSlices(file);
    const found = h264Slices(stream);
    compare(file, found, traced);
    assert.equal(found.at(-1)?.['clears'] === 1, name.includes('memory operation 5'));
  });
}

test('a slice whose sets are not known, or that is cut off, is not read', () => {
  const stream = MADE['order of type 1 with offsets']?.() ?? Buffer.alloc(0);
  const [spsStart, spsEnd] = [4, stream.indexOf('0000000168', 'hex')];
  const sps = stream.subarray(spsStart, spsEnd);
  const start = stream.indexOf('0000000165', 'hex') + 4;
  const read = (sets: Buffer[], from: number, to: number): boolean => {
    const codec = new H264Codec();
    for (const set of sets) codec.learn(set);
    assert.equal(codec.slice.read(stream, from, to), codec.slice.isRead);
    return codec.slice.isRead;
  };
  assert.equal(read([sps, FULL_PPS], start, stream.length), true);
  assert.equal(read([sps, FULL_PPS], start, start + 5), false);
  assert.equal(read([FULL_PPS], start, stream.length), false);
  assert.equal(read([sps], start, stream.length), false);
  assert.equal(read([sps, FULL_PPS], spsStart, spsEnd), false);
});
