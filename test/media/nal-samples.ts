import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before } from 'node:test';
import { RangeList } from '../../src/media/bits/range-list.ts';
import type { CodecAdapter } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { scanAnnexB } from '../../src/media/nal/nal-units.ts';
import { hex } from './support.ts';
import { ffmpeg } from './tools.ts';

/** NAL units of the first picture of an encoded stream. */
export type Sample = { sets: Buffer[]; idr: Buffer; slice: Buffer };

function nalUnits(stream: Buffer): Buffer[] {
  const list = new RangeList();
  scanAnnexB(stream, list);
  return Array.from({ length: list.count }, (_, i) =>
    stream.subarray(list.starts[i], list.ends[i]),
  );
}

/** NAL units in Annex B. */
export function startCodes(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [hex('00000001'), nal]));
}

/** NAL units with length prefixes of `size` bytes. */
export function lengths(size: 1 | 2 | 4, ...nals: Buffer[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const prefix = Buffer.alloc(size);
      prefix.writeUIntBE(nal.length, 0, size);
      return [prefix, nal];
    }),
  );
}

/** What the tests have to know of each codec. */
export const CODECS = {
  h264: {
    encoder: ['-c:v', 'libx264', '-x264-params', 'scenecut=0:annexb=1'],
    isSet: (nal: Buffer) => [7, 8].includes((nal[0] ?? 0) & 31),
    isIdr: (nal: Buffer) => ((nal[0] ?? 0) & 31) === 5,
    isSlice: (nal: Buffer) => ((nal[0] ?? 0) & 31) === 1,
    delimiter: hex('0910'),
    lengthForm: 'avc',
  },
  h265: {
    encoder: ['-c:v', 'libx265', '-x265-params', 'bframes=0:log-level=none'],
    isSet: (nal: Buffer) => [32, 33, 34].includes((nal[0] ?? 0) >> 1),
    isIdr: (nal: Buffer) => [19, 20].includes((nal[0] ?? 0) >> 1),
    isSlice: (nal: Buffer) => (nal[0] ?? 0) >> 1 <= 1,
    delimiter: hex('460150'),
    lengthForm: 'hvc1',
  },
} as const;

/** Pictures that ffmpeg encodes. */
const SIZES = { small: '128x96', large: '256x192' } as const;

export type NalSamples = {
  sample(name: keyof typeof SIZES): Sample;
  /** An adapter of the codec. */
  adapter(streamFormat?: string, codecData?: Uint8Array): CodecAdapter;
  /** avcC or hvcC of a sample. */
  record(name: keyof typeof SIZES): Uint8Array;
  /** The same record, promising lengths of `size` bytes. */
  recordWithLengths(size: 1 | 2 | 4): Buffer;
};

/** Has ffmpeg encode the samples before the tests of the enclosing describe() run. */
export function nalSamples(codec: keyof typeof CODECS): NalSamples {
  const facts = CODECS[codec];
  const samples: Record<string, Sample> = {};
  const sample = (name: keyof typeof SIZES): Sample => {
    const found = samples[name];
    assert.ok(found);
    return found;
  };
  const adapter = (streamFormat?: string, codecData?: Uint8Array): CodecAdapter =>
    createAdapter({
      kind: 'video',
      mediaType: `video/x-${codec}`,
      ...(streamFormat === undefined ? {} : { streamFormat }),
      ...(codecData === undefined ? {} : { codecData }),
    });
  /** avcC or hvcC of a sample. */
  const record = (name: keyof typeof SIZES): Uint8Array => {
    const from = adapter('byte-stream');
    from.plan(startCodes(...sample(name).sets));
    return from.format?.codecPrivate ?? new Uint8Array();
  };
  /** The same record, promising lengths of `size` bytes. */
  const recordWithLengths = (size: 1 | 2 | 4): Buffer => {
    const bytes = Buffer.from(record('small'));
    const at = codec === 'h264' ? 4 : 21;
    bytes[at] = ((bytes[at] ?? 0) & ~3) | (size - 1);
    return bytes;
  };

  before(() => {
    const dir = mkdtempSync(join(tmpdir(), 'kvs-media-'));
    try {
      for (const [name, size] of Object.entries(SIZES)) {
        const file = join(dir, `${name}.${codec}`);
        const input = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '2'];
        ffmpeg(...input, '-pix_fmt', 'yuv420p', ...facts.encoder, file);
        const nals = nalUnits(readFileSync(file));
        const [idr, slice] = [nals.find(facts.isIdr), nals.find(facts.isSlice)];
        assert.ok(idr && slice);
        samples[name] = { sets: nals.filter(facts.isSet), idr, slice };
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
  return { sample, adapter, record, recordWithLengths };
}
