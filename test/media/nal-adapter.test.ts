import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { parseAvcC } from '../../src/media/avcc.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { NAL_ADAPTATION } from '../../src/media/nal-adaptation.ts';
import { scanAnnexB } from '../../src/media/nal-units.ts';
import { RangeList } from '../../src/media/range-list.ts';
import type { CodecAdapter } from '../../src/media/types.ts';
import { adapt, hex } from './support.ts';
import { ffmpeg, needs } from './tools.ts';

/** NAL units of the first picture of an encoded stream. */
type Sample = { sets: Buffer[]; idr: Buffer; slice: Buffer };

function nalUnits(stream: Buffer): Buffer[] {
  const list = new RangeList();
  scanAnnexB(stream, list);
  return Array.from({ length: list.count }, (_, i) => stream.subarray(list.start(i), list.end(i)));
}

function startCodes(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [hex('00000001'), nal]));
}

function lengths(size: 1 | 2 | 4, ...nals: Buffer[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const prefix = Buffer.alloc(size);
      prefix.writeUIntBE(nal.length, 0, size);
      return [prefix, nal];
    }),
  );
}

const CODECS = {
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

const SIZES = { small: '128x96', large: '256x192' } as const;

for (const [codec, facts] of Object.entries(CODECS)) {
  describe(codec, needs('ffmpeg'), () => {
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

    test('the format is known from the first access unit with parameter sets', () => {
      const { sets, idr, slice } = sample('small');
      const track = adapter('byte-stream');
      assert.equal(track.formatRevision, 0);
      assert.equal(adapt(track, startCodes(slice)).isRandomAccessPoint, false);
      assert.equal(track.formatRevision, 0);
      const { bytes, isRandomAccessPoint } = adapt(track, startCodes(...sets, idr));
      assert.equal(isRandomAccessPoint, true);
      assert.deepEqual(bytes, lengths(4, ...sets, idr));
      assert.equal(track.format?.width, 128);
      assert.equal(track.format?.height, 96);
      assert.equal(track.formatRevision, 1);
    });

    test('the same parameter sets again change nothing', () => {
      const { sets, idr, slice } = sample('small');
      const track = adapter('byte-stream');
      for (let i = 0; i < 3; i += 1) {
        track.plan(startCodes(facts.delimiter, ...sets, idr));
        track.plan(startCodes(slice));
      }
      assert.equal(track.formatRevision, 1);
    });

    test('another size in mid-stream is another format with only the new parameter sets', () => {
      const [small, large] = [sample('small'), sample('large')];
      const track = adapter('byte-stream');
      track.plan(startCodes(...small.sets, small.idr));
      track.plan(startCodes(small.slice));
      track.plan(startCodes(...large.sets, large.idr));
      assert.equal(track.formatRevision, 2);
      assert.equal(track.format?.width, 256);
      assert.deepEqual(track.format?.codecPrivate, record('large'));
      track.plan(startCodes(large.slice));
      assert.equal(track.formatRevision, 2);
      track.plan(startCodes(...small.sets, small.idr));
      assert.equal(track.formatRevision, 3);
      assert.deepEqual(track.format?.codecPrivate, record('small'));
    });

    test('a change within a length-prefixed stream is noticed as well', () => {
      const [small, large] = [sample('small'), sample('large')];
      const track = adapter(facts.lengthForm, record('small'));
      assert.equal(track.formatRevision, 1);
      track.plan(lengths(4, ...small.sets, small.idr));
      assert.equal(track.formatRevision, 1);
      track.plan(lengths(4, ...large.sets, large.idr));
      assert.equal(track.formatRevision, 2);
      assert.deepEqual(track.format?.codecPrivate, record('large'));
    });

    test('a buffer with only parameter sets is not stored; what is new goes with the next picture', () => {
      const [small, large] = [sample('small'), sample('large')];
      const track = adapter('byte-stream');
      track.plan(startCodes(...small.sets, small.idr));
      // As v4l2h264enc and other encoders send them, in a buffer of their own.
      assert.equal(adapt(track, startCodes(...small.sets)).bytes.length, 0);
      assert.deepEqual(adapt(track, startCodes(small.slice)).bytes, lengths(4, small.slice));
      assert.equal(adapt(track, startCodes(...large.sets)).bytes.length, 0);
      const { bytes } = adapt(track, startCodes(facts.delimiter, large.idr));
      assert.deepEqual(bytes, lengths(4, facts.delimiter, ...large.sets, large.idr));
      assert.deepEqual(adapt(track, startCodes(large.idr)).bytes, lengths(4, large.idr));
      assert.equal(track.format?.width, 256);
      assert.deepEqual(track.format?.codecPrivate, record('large'));
    });

    test('one parameter set per buffer', () => {
      const { sets, idr } = sample('small');
      const track = adapter('byte-stream');
      for (const set of sets) {
        assert.equal(adapt(track, startCodes(set)).bytes.length, 0);
      }
      assert.deepEqual(adapt(track, startCodes(idr)).bytes, lengths(4, ...sets, idr));
      assert.deepEqual(track.format?.codecPrivate, record('small'));
    });

    for (const size of [1, 2, 4] as const) {
      test(`${size}-byte lengths become 4-byte lengths, and the record says so`, () => {
        const { slice, idr } = sample('small');
        const track = adapter(facts.lengthForm, recordWithLengths(size));
        assert.deepEqual(track.format?.codecPrivate, record('small'));
        const nal = size === 1 ? slice.subarray(0, 200) : idr;
        assert.deepEqual(
          adapt(track, lengths(size, facts.delimiter, nal)).bytes,
          lengths(4, facts.delimiter, nal),
        );
      });
    }

    test('4-byte lengths are stored with one write', () => {
      const { idr } = sample('small');
      const track = adapter(facts.lengthForm, record('small'));
      const data = lengths(4, facts.delimiter, idr);
      let writes = 0;
      track.plan(data).writeTo({ write: () => (writes += 1) }, data);
      assert.equal(writes, 1);
    });

    test('codec data in Annex B, delimiter and other NAL units in front', () => {
      const { sets } = sample('small');
      const track = adapter('byte-stream', startCodes(facts.delimiter, ...sets));
      assert.deepEqual(track.format?.codecPrivate, record('small'));
    });

    test('codec data in Annex B without a parameter set is refused', () => {
      assert.throws(() => adapter('byte-stream', startCodes(facts.delimiter)), {
        code: 'STATUS_MKV_ANNEXB_CPD_MISSING_NALUS',
      });
    });

    test('without a stream format the data shows it', () => {
      const { sets, idr } = sample('small');
      for (const data of [startCodes(...sets, idr), lengths(4, ...sets, idr)]) {
        const track = adapter();
        assert.deepEqual(adapt(track, data).bytes, lengths(4, ...sets, idr));
        assert.deepEqual(track.format?.codecPrivate, record('small'));
      }
    });

    test('a wrong stream format is an error that says so', () => {
      const { idr } = sample('small');
      const avc = adapter(facts.lengthForm, record('small'));
      assert.throws(() => avc.plan(startCodes(facts.delimiter, idr)), {
        code: 'STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA',
        advice: /byte-stream/,
      });
      const stream = adapter('byte-stream');
      assert.throws(() => stream.plan(lengths(4, facts.delimiter)), {
        code: 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA',
        advice: /avc/,
      });
      assert.throws(() => adapter('mp4'), /stream-format=mp4/);
      assert.throws(() => stream.plan(Buffer.alloc(0)), { code: 'STATUS_MKV_INVALID_FRAME_DATA' });
    });

    test('a damaged parameter set does not cost the frame once the format is known', () => {
      const { sets, idr } = sample('small');
      const damaged = sets.map((set) => set.subarray(0, 2));
      assert.throws(() => adapter('byte-stream').plan(startCodes(...damaged, idr)), {
        name: 'KvsError',
      });
      const track = adapter('byte-stream');
      track.plan(startCodes(...sets, idr));
      const { bytes } = adapt(track, startCodes(...damaged, idr));
      assert.deepEqual(bytes, lengths(4, ...damaged, idr));
      assert.equal(track.formatRevision, 1);
    });

    test('records that are cut off or of another kind are refused', () => {
      const bytes = record('small');
      for (let length = 1; length < bytes.length - 4; length += 1) {
        assert.throws(() => adapter(facts.lengthForm, bytes.subarray(0, length)), {
          name: 'KvsError',
        });
      }
      for (const [value, what] of [
        [7, /configurationVersion 7/],
        [undefined, /3-byte/],
      ] as const) {
        const wrong = Buffer.from(bytes);
        if (value === undefined) {
          const at = codec === 'h264' ? 4 : 21;
          wrong[at] = ((wrong[at] ?? 0) & ~3) | 2;
        } else {
          wrong[0] = value;
        }
        assert.throws(() => adapter(facts.lengthForm, wrong), what);
      }
    });

    describe('flags', () => {
      const flagged = (
        nalAdaptationFlags: number,
        codecData?: Uint8Array,
        streamFormat?: string,
      ): CodecAdapter =>
        createAdapter(
          {
            kind: 'video',
            mediaType: `video/${codec}`,
            ...(codecData === undefined ? {} : { codecData }),
            ...(streamFormat === undefined ? {} : { streamFormat }),
          },
          { nalAdaptationFlags },
        );
      const { NONE, ANNEXB_NALS, AVCC_NALS, ANNEXB_CPD_NALS } = NAL_ADAPTATION;

      test('NONE: frames and codec data as they came', () => {
        const { sets, idr, slice } = sample('small');
        const cpd = startCodes(...sets);
        const track = flagged(NONE, cpd);
        assert.deepEqual(track.format?.codecPrivate, cpd);
        for (const data of [startCodes(...sets, idr), startCodes(slice)]) {
          assert.deepEqual(adapt(track, data).bytes, data);
        }
        assert.equal(track.format?.width, 128);
        const opaque = hex('ffffffffff');
        assert.deepEqual(adapt(track, opaque).bytes, opaque);
        assert.deepEqual(flagged(NONE, hex('ff00')).format?.codecPrivate, hex('ff00'));
      });

      test('NONE without codec data: no avcC beside frames with start codes', () => {
        const { sets, idr } = sample('small');
        const track = flagged(NONE);
        track.plan(startCodes(...sets, idr));
        assert.equal(track.format?.codecPrivate, undefined);
        assert.equal(track.format?.width, 128);
        const other = flagged(NONE);
        other.plan(lengths(4, ...sets, idr));
        assert.deepEqual(other.format?.codecPrivate, record('small'));
      });

      test('ANNEXB_NALS: frames get lengths, codec data stays as it is', () => {
        const { sets, idr } = sample('small');
        const cpd = startCodes(...sets);
        const track = flagged(ANNEXB_NALS, cpd);
        assert.deepEqual(track.format?.codecPrivate, cpd);
        const { bytes, isRandomAccessPoint } = adapt(track, startCodes(idr));
        assert.deepEqual(bytes, lengths(4, idr));
        assert.equal(isRandomAccessPoint, true);
      });

      test('ANNEXB_NALS and ANNEXB_CPD_NALS: both, codec data also from the frames (§3.4)', () => {
        const { sets, idr } = sample('small');
        const flags = ANNEXB_NALS | ANNEXB_CPD_NALS;
        assert.deepEqual(flagged(flags, startCodes(...sets)).format?.codecPrivate, record('small'));
        const track = flagged(flags);
        assert.deepEqual(adapt(track, startCodes(...sets, idr)).bytes, lengths(4, ...sets, idr));
        assert.deepEqual(track.format?.codecPrivate, record('small'));
      });

      test('ANNEXB_CPD_NALS: codec data becomes a record, frames stay', () => {
        const { sets, idr } = sample('small');
        const track = flagged(ANNEXB_CPD_NALS, startCodes(...sets));
        assert.deepEqual(track.format?.codecPrivate, record('small'));
        const data = lengths(4, idr);
        assert.deepEqual(adapt(track, data).bytes, data);
      });

      test('AVCC_NALS: frames get start codes (§4.10)', () => {
        const { sets, idr } = sample('small');
        const track = flagged(AVCC_NALS, record('small'));
        assert.deepEqual(track.format?.codecPrivate, record('small'));
        assert.deepEqual(adapt(track, lengths(4, ...sets, idr)).bytes, startCodes(...sets, idr));
        for (const bad of ['00', '000000', '00000002 65', '00000001 65 00']) {
          assert.throws(() => track.plan(hex(bad)), {
            code: 'STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA',
          });
        }
      });

      test('both directions at once, and unknown bits, are refused', () => {
        assert.throws(() => flagged(ANNEXB_NALS | AVCC_NALS), {
          code: 'STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED',
        });
        assert.throws(() => flagged(0x40), { code: 'STATUS_INVALID_ARG' });
      });
    });

    if (codec === 'h264') {
      test('a new sequence with sets of other ids leaves none of the old ones in the avcC', () => {
        const [small, large] = [sample('small'), sample('large')];
        const [sps, pps] = large.sets;
        assert.ok(sps && pps);
        const other = withIds(sps, pps);
        const track = adapter('byte-stream');
        track.plan(startCodes(...small.sets, small.idr));
        track.plan(startCodes(small.slice));
        track.plan(startCodes(other.sps, other.pps, idrWithPps1(large.idr)));
        const record = parseAvcC(track.format?.codecPrivate ?? new Uint8Array());
        assert.deepEqual(record.sps.map(toHex), [toHex(other.sps)]);
        assert.deepEqual(record.pps.map(toHex), [toHex(other.pps)]);
        assert.equal(track.formatRevision, 2);
        assert.equal(track.format?.width, 256);
      });

      test('several SPS and PPS of one stream are all in the avcC, the one in use first', () => {
        const [small, large] = [sample('small'), sample('large')];
        const [sps, pps] = small.sets;
        const [otherSps, otherPps] = large.sets;
        assert.ok(sps && pps && otherSps && otherPps);
        // The same sets with id 1: "0 1 0" is ue(v) 1, "1" is ue(v) 0.
        const second = withIds(otherSps, otherPps);
        const track = adapter('byte-stream');
        track.plan(startCodes(sps, second.sps, pps, second.pps, small.idr));
        const { sps: spsList, pps: ppsList } = parseAvcC(
          track.format?.codecPrivate ?? new Uint8Array(),
        );
        assert.deepEqual(spsList.map(toHex), [sps, second.sps].map(toHex));
        assert.deepEqual(ppsList.map(toHex), [pps, second.pps].map(toHex));
        assert.equal(track.format?.width, 128);
        // An IDR that uses the second: its size counts, and nothing is forgotten.
        track.plan(startCodes(idrWithPps1(small.idr)));
        assert.equal(track.formatRevision, 2);
        assert.equal(track.format?.width, 256);
        const after = parseAvcC(track.format?.codecPrivate ?? new Uint8Array());
        assert.deepEqual(after.sps.map(toHex), [second.sps, sps].map(toHex));
      });
    }
  });
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Replaces `count` bits at `at` of the bytes' bit string. */
function spliceBits(nal: Buffer, at: number, count: number, bits: string): Buffer {
  const text = Array.from(nal, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const changed = text.slice(0, at) + bits + text.slice(at + count);
  const padded = changed.padEnd(Math.ceil(changed.length / 8) * 8, '0');
  const bytes = (padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Buffer.from(bytes.slice(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
}

/** A SPS and a PPS with id 0 made ones with id 1. */
function withIds(sps: Buffer, pps: Buffer): { sps: Buffer; pps: Buffer } {
  // seq_parameter_set_id lies at bit 32; pic_parameter_set_id and its SPS's at bit 8.
  return { sps: spliceBits(sps, 32, 1, '010'), pps: spliceBits(pps, 8, 2, '010010') };
}

/** An IDR slice of PPS 0 that names PPS 1: first_mb "1", slice_type 7 "0001000", PPS "1". */
function idrWithPps1(idr: Buffer): Buffer {
  return spliceBits(idr, 16, 1, '010');
}

test('§9.9 H.264: an open-GOP recovery point is a random access point, a gradual refresh is not', () => {
  const track = createAdapter({
    kind: 'video',
    mediaType: 'video/h264',
    streamFormat: 'byte-stream',
  });
  const isRap = (sei: string): boolean => {
    const data = hex(`000001${sei} 000001 419a00`);
    return track.plan(data).isRandomAccessPoint;
  };
  assert.equal(isRap('06 0601c4 80'), true);
  assert.equal(isRap('06 06014080'), false, 'recovery_frame_cnt 1');
  assert.equal(isRap('06 0401b5 0601c4 80'), true, 'behind another message');
  assert.equal(isRap('06 0405b50000030106 0601c4 80'), true, 'behind an escaped one');
  assert.equal(isRap('06 05ff'), false, 'cut off');
  assert.equal(track.plan(hex('000001 0601c480')).isRandomAccessPoint, false, 'no picture');
});

test('H.265: CRA and BLA are random access points, layers above 0 are not looked at', () => {
  const track = createAdapter({
    kind: 'video',
    mediaType: 'video/h265',
    streamFormat: 'byte-stream',
  });
  const isRap = (type: number, layer = 0): boolean =>
    track.plan(Buffer.of(0, 0, 1, (type << 1) | (layer >> 5), ((layer & 31) << 3) | 1, 0xaf))
      .isRandomAccessPoint;
  for (let type = 0; type < 32; type += 1) {
    assert.equal(isRap(type), type >= 16 && type <= 23, `type ${type}`);
  }
  assert.equal(isRap(19, 1), false);
});
