import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { Decodability } from '../../src/producer/tracks/decodability.ts';
import { framecrcs, frameLines } from '../e2e/support/framecrc.ts';
import { ffmpeg, needs, record, run, tempDir } from '../media/tools.ts';

// Streams of real encoders from which frames are removed. ffmpeg is the judge: what is kept decodes
// to as many pictures, without an error line.

type Stream = {
  description: TrackDescription;
  units: Buffer[];
  ptsMs: number[];
  keys: ReadonlySet<number>;
};

const FRAMES = 60;
/** Behind a gap the I picture of an open GOP also ends the use of pictures that are not there. */
const HARMLESS = /mmco: unref short failure/;

/** Encodes a moving picture; access units with start codes, in decoding order, with their times. */
function encode(dir: string, codec: 'h264' | 'h265', options: readonly string[]): Stream {
  const file = join(dir, 'clip.mkv');
  const source = `testsrc2=size=128x96:rate=25:duration=${FRAMES / 25}`;
  ffmpeg('-f', 'lavfi', '-i', source, '-pix_fmt', 'yuv420p', ...options, file);
  const packets = run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags'],
    ...['-of', 'csv=p=0', file],
  ]);
  const recording = record(
    dir,
    `filesrc location=${file} ! matroskademux ! ${codec}parse config-interval=-1 ! ` +
      `video/x-${codec},stream-format=byte-stream,alignment=au`,
  );
  const lines = packets.trim().split('\n');
  const ptsMs = lines.map((line) => Math.round(Number.parseFloat(line) * 1000));
  const keys = new Set(lines.flatMap((line, index) => (line.includes(',K') ? [index] : [])));
  assert.equal(recording.units.length, FRAMES);
  assert.equal(ptsMs.length, FRAMES);
  return { ...recording, ptsMs, keys };
}

/** Numbers of the frames that are kept when those in `removed` do not come, and nobody says so. */
function keptOf({ description, units, ptsMs }: Stream, removed: ReadonlySet<number>): number[] {
  const adapter = createAdapter(description);
  const decodability = new Decodability();
  const kept: number[] = [];
  for (const [index, unit] of units.entries()) {
    if (removed.has(index)) continue;
    const { isRandomAccessPoint } = adapter.plan(unit);
    const { keep } = decodability.judge({
      ptsNs: BigInt(ptsMs[index] ?? 0) * 1_000_000n,
      dtsNs: BigInt(index * 40) * 1_000_000n,
      isFlaggedKey: isRandomAccessPoint,
      isDiscontinuity: false,
      isAfterLoss: false,
      isCorrupted: false,
      isRandomAccessPoint,
      isAfterCaps: false,
      hasFormat: adapter.format !== undefined,
      references: adapter.references,
    });
    if (keep) kept.push(index);
  }
  return kept;
}

/** What is kept of a stream, and of which one it is kept. */
type Kept = { readonly kept: readonly number[]; readonly what: string };

/** What begins behind a gap is decoded by itself, as the fragment that begins there. */
function partsOf({ keys }: Stream, { kept, what }: Kept): Kept[] {
  const parts: Kept[] = [];
  let begin = 0;
  for (let i = 1; i <= kept.length; i++) {
    const isBehindGap = kept[i] !== (kept[i - 1] ?? 0) + 1;
    if (i < kept.length && !(isBehindGap && keys.has(kept[i] ?? 0))) continue;
    parts.push({ kept: kept.slice(begin, i), what });
    begin = i;
  }
  return parts;
}

async function assertDecodes(dir: string, stream: Stream, ...all: readonly Kept[]): Promise<void> {
  const { description, units } = stream;
  const parts = all.flatMap((one) => partsOf(stream, one));
  const files = parts.map(({ kept }, part) => {
    const file = join(dir, `kept-${part}.bin`);
    writeFileSync(file, Buffer.concat(kept.map((index) => units[index] ?? Buffer.alloc(0))));
    return file;
  });
  const form = description.mediaType === 'video/x-h264' ? 'h264' : 'hevc';
  const { texts, stderr } = await framecrcs(files, { form });
  for (const [part, { kept, what }] of parts.entries()) {
    assert.equal(frameLines(texts[part] ?? '').length, kept.length, what);
  }
  const complaints = stderr.split('\n').filter((line) => line !== '' && !HARMLESS.test(line));
  assert.deepEqual(complaints, []);
}

type Encoder = {
  readonly name: string;
  readonly codec: 'h264' | 'h265';
  readonly options: readonly string[];
};

function x264(name: string, params: string): Encoder {
  return {
    name: `x264, ${name}`,
    codec: 'h264',
    options: ['-c:v', 'libx264', '-g', '20', '-x264-params', params],
  };
}
function x265(name: string, params: string): Encoder {
  return {
    name: `x265, ${name}`,
    codec: 'h265',
    options: ['-c:v', 'libx265', '-g', '20', '-x265-params', `log-level=none:${params}`],
  };
}

const ENCODERS: readonly Encoder[] = [
  x264('P frames alone', 'bframes=0:scenecut=0'),
  x264('a pyramid of B frames', 'bframes=3:b-pyramid=normal:b-adapt=0:scenecut=0'),
  x264('fields', 'bframes=2:interlaced=1:scenecut=0'),
  x264('open GOPs', 'bframes=2:open-gop=1:b-adapt=0:scenecut=0:repeat-headers=1'),
  x265('P frames alone', 'bframes=0:scenecut=0'),
  x265(
    'a pyramid of B frames in open GOPs',
    'repeat-headers=1:bframes=4:b-adapt=0:open-gop=1:scenecut=0',
  ),
  x265('closed GOPs with several references', 'bframes=3:ref=4:open-gop=0:scenecut=0'),
];

/** Frames that are removed, each set by itself: single ones all over a GOP, runs, a key frame. */
const REMOVALS = [[21], [22], [23], [24], [25], [31], [32, 33, 34, 35], [20], [38, 39, 40, 41]];

for (const { name, codec, options } of ENCODERS) {
  test(
    `${name}: what is kept of a stream with holes decodes`,
    needs('ffmpeg'),
    async (t: TestContext) => {
      const dir = tempDir(t);
      const stream = encode(dir, codec, options);
      const all = keptOf(stream, new Set());
      assert.equal(all.length, FRAMES, 'a whole stream is kept');
      const kept = REMOVALS.map((removal) => {
        const left = keptOf(stream, new Set(removal));
        return { kept: left, what: `without ${removal}: ${left}` };
      });
      for (const { kept: left, what } of kept) assert.ok(left.length >= 30, what);
      await assertDecodes(dir, stream, ...kept);
    },
  );
}

test('frames that no other refers to are missed by none', needs('ffmpeg'), async (t) => {
  const dir = tempDir(t);
  const stream = encode(dir, 'h264', ENCODERS[1]?.options ?? []);
  const isSpare = (unit: Buffer): boolean => {
    const slice = unit.lastIndexOf(Buffer.from([0, 0, 1]));
    return ((unit[slice + 3] ?? 0) & 0x60) === 0;
  };
  const spare = stream.units.flatMap((unit, index) => (isSpare(unit) ? [index] : []));
  assert.ok(spare.length > 10, `${spare.length} frames are no reference`);
  const kept = keptOf(stream, new Set(spare));
  assert.equal(kept.length, FRAMES - spare.length);
  await assertDecodes(dir, stream, { kept, what: `${kept}` });
});
