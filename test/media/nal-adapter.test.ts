import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CODECS, lengths, nalSamples, startCodes } from './nal-samples.ts';
import { adapt } from './support.ts';
import { needs } from './tools.ts';

for (const codec of ['h264', 'h265'] as const) {
  const facts = CODECS[codec];
  describe(codec, needs('ffmpeg'), () => {
    const { sample, adapter, record, recordWithLengths } = nalSamples(codec);

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
      for (const set of sets) assert.equal(adapt(track, startCodes(set)).bytes.length, 0);
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

    test('a wrong stream format is seen from the bytes', () => {
      const { sets, idr, slice } = sample('small');
      const avc = adapter(facts.lengthForm, record('small'));
      const right = lengths(4, facts.delimiter, idr);
      assert.deepEqual(adapt(avc, right).bytes, right);
      assert.equal(avc.isMisdeclared, false);
      assert.deepEqual(adapt(avc, startCodes(facts.delimiter, idr)).bytes, right);
      assert.equal(avc.isMisdeclared, true);
      assert.equal(avc.startsDecoding?.(startCodes(facts.delimiter, ...sets, idr)), true);
      assert.equal(avc.startsDecoding?.(startCodes(facts.delimiter, slice)), false);
      const stream = adapter('byte-stream');
      assert.equal(
        adapt(stream, lengths(4, facts.delimiter, ...sets, idr)).isRandomAccessPoint,
        true,
      );
      assert.equal(stream.isMisdeclared, true);
      assert.equal(stream.startsDecoding?.(lengths(4, facts.delimiter, idr)), true);
      assert.equal(stream.startsDecoding?.(lengths(4, facts.delimiter, slice)), false);
    });

    test('bytes of no form at all are an error that says so', () => {
      const avc = adapter(facts.lengthForm, record('small'));
      assert.throws(() => avc.plan(Buffer.from('00000040aabbcc', 'hex')), {
        code: 'STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA',
      });
      const stream = adapter('byte-stream');
      assert.throws(() => stream.plan(Buffer.from('aabbccddeeff', 'hex')), {
        code: 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA',
        advice: /h264parse/,
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
  });
}
