import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import {
  PresentationTimes,
  type TimesDoubt,
} from '../../src/producer/tracks/presentation-times.ts';
import { ffmpeg, needs, tempDir } from '../media/tools.ts';

// The judge is the encoder: what ffmpeg muxes has the times of the pictures that went in. The same
// access units are given with decoding times only.

const FRAME_MS = 40;

type Unit = { readonly data: Uint8Array; readonly ptsMs: number };

/** The access units of a Matroska file in the order of decoding, and what describes them. */
function unitsOf(
  file: string,
  mediaType: string,
): { units: Unit[]; description: TrackDescription } {
  const units: Unit[] = [];
  let clusterMs = 0;
  let codecData: Uint8Array | undefined;
  const reader = new MatroskaReader({
    tracks: ([track]) => {
      codecData = track?.codecPrivate;
    },
    clusterStart: (timecode) => {
      clusterMs = Number(timecode);
    },
    block: ({ relativeTimecode, data }) => {
      units.push({ data: new Uint8Array(data), ptsMs: clusterMs + relativeTimecode });
    },
  });
  reader.push(readFileSync(file));
  assert.ok(codecData && units.length > 0);
  return { units, description: { kind: 'video', mediaType, codecData } };
}

function encode(t: TestContext, encoder: string, params: string, rate = '25'): string {
  const file = join(tempDir(t), 'a.mkv');
  const quiet = encoder === 'libx265' ? `log-level=none:${params}` : params;
  const input = ['-f', 'lavfi', '-i', `testsrc2=s=176x144:r=${rate}`, '-frames:v', '100'];
  const options = [...input, '-pix_fmt', 'yuv420p', '-c:v', encoder];
  ffmpeg(...options, `-${encoder.slice(3)}-params`, quiet, '-avoid_negative_ts', 'disabled', file);
  return file;
}

/** The times that follow from decoding times alone, and what was reported. */
function derive(
  { units, description }: ReturnType<typeof unitsOf>,
  dtsMs: (index: number) => number = (index) => index * FRAME_MS,
): { ptsMs: number[]; doubts: TimesDoubt[] } {
  const doubts: TimesDoubt[] = [];
  const times = PresentationTimes.of(description, 33_333_333n, (doubt) => doubts.push(doubt));
  assert.ok(times);
  const ptsMs = units.map(({ data }, index) => {
    const dtsNs = BigInt(Math.round(dtsMs(index) * 1e6));
    const frame = { trackId: 1, ptsNs: undefined, dtsNs, durationNs: 0n, isKeyFrame: false, data };
    return Number(times.next(frame, dtsNs)) / 1e6;
  });
  return { ptsMs, doubts };
}

const STREAMS: Record<string, readonly [encoder: string, params: string]> = {
  'H.264 with B-frames': ['libx264', 'bframes=3:b-adapt=0:b-pyramid=none:keyint=25'],
  'H.264 with a pyramid of B-frames': ['libx264', 'bframes=7:b-adapt=0:b-pyramid=normal:keyint=40'],
  'H.264 with open GOPs': ['libx264', 'bframes=3:b-adapt=0:open-gop=1:keyint=20:min-keyint=20'],
  'H.264 whose encoder chooses B-frames': ['libx264', 'bframes=5:b-adapt=2:keyint=250'],
  'H.264 with fields in frames': ['libx264', 'bframes=3:interlaced=1:keyint=30'],
  'H.264 without B-frames': ['libx264', 'bframes=0:keyint=25'],
  'H.265 with B-frames': ['libx265', 'bframes=4:b-adapt=0:b-pyramid=1:keyint=25:open-gop=0'],
  'H.265 with open GOPs': ['libx265', 'bframes=4:open-gop=1:keyint=20:min-keyint=20'],
  'H.265 with temporal layers': ['libx265', 'bframes=3:temporal-layers=2:keyint=50'],
  'H.265 without B-frames': ['libx265', 'bframes=0:keyint=25'],
};

for (const [name, [encoder, params]] of Object.entries(STREAMS)) {
  test(
    `${name} and decoding times only is shown at the times of its pictures`,
    needs('ffmpeg'),
    (t) => {
      const mediaType = encoder === 'libx264' ? 'video/x-h264' : 'video/x-h265';
      const stream = unitsOf(encode(t, encoder, params), mediaType);
      const { ptsMs, doubts } = derive(stream);
      assert.deepEqual(
        ptsMs,
        stream.units.map((unit) => unit.ptsMs),
      );
      const isReordered = ptsMs.some((time, index) => index > 0 && time < (ptsMs[index - 1] ?? 0));
      assert.equal(isReordered, !name.includes('without B-frames'));
      assert.deepEqual(doubts, []);
    },
  );
}

/** A stream of H.264 with three B-frames between references, a key frame each second. */
function bFrames(t: TestContext): ReturnType<typeof unitsOf> {
  const file = encode(t, 'libx264', 'bframes=3:b-adapt=0:b-pyramid=normal:keyint=25:scenecut=0');
  return unitsOf(file, 'video/x-h264');
}

test(
  'decoding times rounded to milliseconds are off by no more than that',
  needs('ffmpeg'),
  (t) => {
    const params = 'bframes=3:b-adapt=0:b-pyramid=normal:keyint=25:scenecut=0';
    const stream = unitsOf(encode(t, 'libx264', params, '30000/1001'), 'video/x-h264');
    const { ptsMs } = derive(stream, (index) => Math.round((index * 1001) / 30));
    for (const [index, { ptsMs: right }] of stream.units.entries()) {
      assert.ok(
        Math.abs((ptsMs[index] ?? 0) - right) <= 1,
        `${index}: ${ptsMs[index]}, not ${right}`,
      );
    }
  },
);

test(
  'pictures behind lost ones are back at their times within two references',
  needs('ffmpeg'),
  (t) => {
    const stream = bFrames(t);
    const units = stream.units.filter((_, index) => index < 30 || index >= 37);
    // The source's clock goes on while they are lost.
    const dtsOf = new Map(stream.units.map((unit, index) => [unit, index * FRAME_MS]));
    const { ptsMs } = derive({ ...stream, units }, (index) => dtsOf.get(units[index] as Unit) ?? 0);
    for (const [index, unit] of units.entries()) {
      const isBehindGap = index >= 30 && index < 35;
      const offMs = Math.abs((ptsMs[index] ?? 0) - unit.ptsMs);
      assert.ok(offMs <= (isBehindGap ? 8 * FRAME_MS : 0), `unit ${index}: ${offMs} ms off`);
    }
  },
);

test(
  'pictures behind lost ones that the source did not count are in order',
  needs('ffmpeg'),
  (t) => {
    const stream = bFrames(t);
    const units = stream.units.filter((_, index) => index < 29 || index >= 33);
    const { ptsMs } = derive({ ...stream, units });
    const ofGop = (times: readonly number[]): number[] => times.slice(25, 46);
    const shown = ofGop(units.map((unit) => unit.ptsMs));
    const order = (times: readonly number[]): number[] =>
      times.map((_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
    assert.deepEqual(order(ofGop(ptsMs)), order(shown));
    // The next key frame begins anew.
    assert.equal(ptsMs[46], 46 * FRAME_MS);
  },
);

test('frames between some with both times keep the distance of those', needs('ffmpeg'), (t) => {
  const { units, description } = bFrames(t);
  const times = PresentationTimes.of(description, 40_000_000n, () => undefined);
  for (const [index, { data, ptsMs }] of units.entries()) {
    const dtsNs = BigInt((index * FRAME_MS - 80) * 1e6);
    const ptsNs = index % 25 === 0 ? BigInt(ptsMs * 1e6) : undefined;
    const frame = { trackId: 1, ptsNs, dtsNs, durationNs: 40_000_000n, isKeyFrame: false, data };
    assert.equal(times?.next(frame, dtsNs), BigInt(ptsMs * 1e6));
  }
});

test(
  'key frames with pictures in front of them are right from the second on, and this is reported',
  needs('ffmpeg'),
  (t) => {
    const params = 'bframes=3:b-adapt=0:open-gop=0:radl=2:keyint=25:min-keyint=25:scenecut=0';
    const stream = unitsOf(encode(t, 'libx265', params), 'video/x-h265');
    const { ptsMs, doubts } = derive(stream);
    assert.deepEqual(doubts, ['leading-pictures']);
    assert.deepEqual(
      ptsMs.slice(50),
      stream.units.slice(50).map((unit) => unit.ptsMs),
    );
  },
);

test('frames that cannot be read keep their decoding time, reported once', () => {
  const sets = { kind: 'video', mediaType: 'video/x-h264', streamFormat: 'byte-stream' } as const;
  const units = [0x65, 0x41, 0x41].map((header, index) => ({
    data: Buffer.of(0, 0, 0, 1, header, 0x88, 0x84, 0x21),
    ptsMs: index * FRAME_MS,
  }));
  const { ptsMs, doubts } = derive({ units, description: sets });
  assert.deepEqual(ptsMs, [0, 40, 80]);
  assert.deepEqual(doubts, ['unreadable']);
});
