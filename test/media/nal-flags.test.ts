import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CodecAdapter } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { NAL_ADAPTATION } from '../../src/media/nal/nal-adaptation.ts';
import { lengths, nalSamples, startCodes } from './nal-samples.ts';
import { adapt, hex } from './support.ts';
import { needs } from './tools.ts';

const { NONE, ANNEXB_NALS, AVCC_NALS, ANNEXB_CPD_NALS } = NAL_ADAPTATION;

for (const codec of ['h264', 'h265'] as const) {
  describe(`NAL adaptation flags, ${codec}`, needs('ffmpeg'), () => {
    const { sample, record } = nalSamples(codec);
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

    test('ANNEXB_NALS and ANNEXB_CPD_NALS: both, codec data also from the frames', () => {
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

    test('AVCC_NALS: frames get start codes', () => {
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
}
