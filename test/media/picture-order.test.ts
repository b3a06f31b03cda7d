import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PictureOrderReader } from '../../src/media/picture-order.ts';
import { BitWriter } from './bit-writer.ts';
import { startCodes } from './nal-samples.ts';
import { needs, tempDir } from './tools.ts';

// Pictures of one macroblock without compression, each in a shade of its own, whose slice headers
// say what no encoder at hand makes them say. The judge is ffmpeg: it decodes them, and the shades
// come out in the order of presentation.

type Picture = {
  readonly isIdr?: boolean;
  /** Default: true. */
  readonly isReference?: boolean;
  /** What the order is made from: pic_order_cnt_lsb, or delta_pic_order_cnt[0]. */
  readonly order: number;
  readonly bottomOrder?: number;
  readonly field?: 'top' | 'bottom';
  /** memory_management_control_operation 5. */
  readonly clears?: boolean;
};

type Stream = {
  readonly type: 0 | 1 | 2;
  readonly hasFields?: boolean;
  readonly pictures: readonly Picture[];
};

/** Of type 0 counts have five bits, so that they begin anew after 32. */
const LSB_BITS = 5;
/** Of type 1: B-pictures lie a frame in front of where the reference before them is. */
const OFFSETS = { nonRef: -4, bottom: 1, refs: [6, 6] };
const FRAME_NUM_BITS = 4;

function sps({ type, hasFields = false }: Stream): Buffer {
  const writer = new BitWriter()
    .u(77, 8)
    .u(0, 8)
    .u(30, 8)
    .ue(0, FRAME_NUM_BITS - 4, type);
  if (type === 0) writer.ue(LSB_BITS - 4);
  if (type === 1) {
    writer
      .u(0, 1)
      .se(OFFSETS.nonRef, OFFSETS.bottom)
      .ue(2)
      .se(...OFFSETS.refs);
  }
  writer.ue(4).u(0, 1).ue(0, 0);
  writer.u(hasFields ? 0b00 : 0b1, hasFields ? 2 : 1).u(0b10, 2);
  // VUI with nothing but the number of pictures that are kept back.
  const reorder = type === 2 ? 0 : 3;
  return writer.u(1, 1).u(0, 8).u(0b11, 2).ue(0, 0, 0, 0, reorder, 4).nal(0x67);
}

const PPS = new BitWriter().ue(0, 0).u(0b01, 2).ue(0, 0, 0).u(0, 3).se(0, 0, 0).u(0, 3).nal(0x68);

/** The NAL units of a picture whose macroblocks all have this shade. */
function pictureNals(stream: Stream, picture: Picture, frameNum: number, shade: number): Buffer {
  const { isIdr = false, isReference = true, order, bottomOrder = order, field, clears } = picture;
  const writer = new BitWriter().ue(0, 7, 0).u(frameNum % 2 ** FRAME_NUM_BITS, FRAME_NUM_BITS);
  if (stream.hasFields) writer.u(field === undefined ? 0 : 1, 1);
  if (field !== undefined) writer.u(field === 'bottom' ? 1 : 0, 1);
  if (isIdr) writer.ue(shade % 2);
  if (stream.type === 0) writer.u(((order % 32) + 32) % 32, LSB_BITS);
  if (stream.type === 1) writer.se(order);
  if (stream.type !== 2 && field === undefined) {
    writer.se(stream.type === 0 ? bottomOrder - order : bottomOrder);
  }
  if (isIdr) writer.u(0, 2);
  else if (isReference) writer.u(clears ? 1 : 0, 1);
  if (clears) writer.ue(5, 0);
  writer.se(0);
  const macroblocks = stream.hasFields && field === undefined ? 2 : 1;
  for (let i = 0; i < macroblocks; i += 1) {
    writer.ue(25).align(); // I_PCM
    for (let at = 0; at < 384; at += 1) writer.u(at < 256 ? shade : 128, 8);
  }
  return writer.nal((isReference ? 0x60 : 0) | (isIdr ? 5 : 1));
}

/** The access units of a stream; both fields of a frame in one, as files have them. */
function accessUnits(stream: Stream, joinFields: boolean): { units: Buffer[]; shades: number[] } {
  const units: Buffer[] = [];
  const shades: number[] = [];
  let frameNum = 0;
  let shade = 16;
  for (const [index, picture] of stream.pictures.entries()) {
    const isSecond = picture.field !== undefined && stream.pictures[index - 1]?.field === 'top';
    if (picture.isIdr && !isSecond) frameNum = 0;
    if (!isSecond) shade += 1;
    const nal = pictureNals(stream, picture, frameNum, shade);
    const sets = picture.isIdr && !isSecond ? [sps(stream), PPS] : [];
    if (isSecond && joinFields) {
      units.push(Buffer.concat([units.pop() ?? Buffer.alloc(0), startCodes(nal)]));
    } else {
      units.push(startCodes(...sets, nal));
      shades.push(shade);
    }
    const endsFrame = picture.field !== 'top';
    if (endsFrame && (picture.isReference ?? true)) frameNum += 1;
    if (picture.clears) frameNum = 1;
  }
  return { units, shades };
}

/** The shades in the order in which ffmpeg shows them. */
function shownBy(t: TestContext, units: Buffer[], height: number): number[] {
  const file = join(tempDir(t), 'a.h264');
  writeFileSync(file, Buffer.concat(units));
  const args = ['-v', 'error', '-f', 'h264', '-i', file, '-fps_mode', 'passthrough'];
  const raw = execFileSync('ffmpeg', [...args, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-']);
  const shades: number[] = [];
  for (let at = 0; at < raw.length; at += 24 * height) shades.push(raw[at] ?? 0);
  return shades;
}

/** The shades in the order that the counts give: sequence by sequence, each by its counts. */
function shownByCounts(units: Buffer[], shades: readonly number[]): number[] {
  const reader = PictureOrderReader.of({ kind: 'video', mediaType: 'video/x-h264' });
  assert.ok(reader);
  const places = units.map((unit, index) => {
    const order = reader.read(unit);
    assert.ok(typeof order === 'object', `unit ${index}: ${order}`);
    return { ...order, shade: shades[index] ?? 0 };
  });
  let sequence = 0;
  const numbered = places.map((place) => {
    if (place.restarts) sequence += 1;
    return { ...place, sequence };
  });
  return numbered
    .sort((a, b) => a.sequence - b.sequence || a.count - b.count)
    .map(({ shade }) => shade);
}

const idr: Picture = { isIdr: true, order: 0 };
function p(order: number): Picture {
  return { order };
}
function b(order: number): Picture {
  return { order, isReference: false };
}

/** Frames whose counts pass 32 several times, with B-frames in front of each reference. */
const LONG = Array.from({ length: 20 }, (_, i) => [p(6 * i + 6), b(6 * i + 2), b(6 * i + 4)]);

const STREAMS: Record<string, Stream> = {
  'counts that begin anew at every 32': { type: 0, pictures: [idr, ...LONG.flat(), idr, p(2)] },
  'B-frames that others refer to': {
    type: 0,
    pictures: [idr, p(8), p(4), b(2), b(6), p(16), p(12), b(10), b(14), idr, p(4), b(2)],
  },
  'a picture that clears all references in mid-stream': {
    type: 0,
    pictures: [idr, p(6), b(2), b(4), { order: 8, clears: true }, p(6), b(2), b(4), p(8)],
  },
  'bottom fields that come first': {
    type: 0,
    pictures: [
      { ...idr, bottomOrder: -1 },
      { order: 6, bottomOrder: 5 },
      { order: 2, bottomOrder: 1, isReference: false },
      { order: 4, bottomOrder: 3, isReference: false },
    ],
  },
  'the order of type 1: a pattern, and what is off it': {
    type: 1,
    pictures: [idr, p(0), b(0), b(2), p(0), b(0), b(2), p(1), b(1), b(2), idr, p(0), b(0)],
  },
  'the order of type 1 behind a picture that clears all references': {
    type: 1,
    pictures: [idr, p(0), b(0), { order: 0, clears: true }, p(0), b(0), b(2), p(0), b(0)],
  },
  'the order of type 1 where frame_num begins anew': {
    type: 1,
    pictures: [idr, ...Array.from({ length: 40 }, () => [p(0), b(0), b(2)]).flat()],
  },
  'the order of type 2: as they come': { type: 2, pictures: [idr, p(0), b(0), p(0), idr, p(0)] },
};

for (const [name, stream] of Object.entries(STREAMS)) {
  test(
    `H.264 pictures are in the order in which ffmpeg shows them: ${name}`,
    needs('ffmpeg'),
    (t) => {
      const { units, shades } = accessUnits(stream, false);
      const shown = shownBy(t, units, 16);
      assert.equal(shown.length, stream.pictures.length);
      assert.deepEqual(shownByCounts(units, shades), shown);
    },
  );
}

/** Top and bottom field of a frame. */
function pair(order: number, more: Partial<Picture> = {}): Picture[] {
  return [
    { order, field: 'top', ...more },
    { order: order + 1, field: 'bottom', ...more, isIdr: false },
  ];
}

test('H.264 fields are in the order in which ffmpeg shows their frames', needs('ffmpeg'), (t) => {
  const b2 = { isReference: false };
  const frame: Picture = { order: 8, bottomOrder: 9 };
  const pictures = [
    ...[...pair(0, { isIdr: true }), ...pair(6), ...pair(2, b2), ...pair(4, b2)],
    ...[frame, ...pair(14), ...pair(10, b2), ...pair(12, b2)],
  ];
  const stream: Stream = { type: 0, hasFields: true, pictures };
  const joined = accessUnits(stream, true);
  const shown = shownBy(t, joined.units, 32);
  const frameShade = joined.shades[4];
  assert.equal(shown.length, 8);
  assert.deepEqual(shownByCounts(joined.units, joined.shades), shown);
  // A parser gives each field by itself: the same order, and each field half a frame.
  const apart = accessUnits(stream, false);
  assert.deepEqual(
    shownByCounts(apart.units, apart.shades),
    shown.flatMap((shade) => (shade === frameShade ? [shade] : [shade, shade])),
  );
});
