import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaSegment } from '../../../src/local/playback/fmp4/media-segment.ts';

/** What a moof's only trun says, with tfdt. */
function read(moof: Buffer): {
  decodeTime: number;
  dataOffset: number;
  samples: { duration: number; size: number; flags: number; offset: number }[];
} {
  const tfdt = moof.indexOf('tfdt');
  const trun = moof.indexOf('trun');
  const count = moof.readUInt32BE(trun + 8);
  return {
    decodeTime: Number(moof.readBigUInt64BE(tfdt + 8)),
    dataOffset: moof.readInt32BE(trun + 12),
    samples: Array.from({ length: count }, (_, i) => {
      const at = trun + 16 + i * 16;
      return {
        duration: moof.readUInt32BE(at),
        size: moof.readUInt32BE(at + 4),
        flags: moof.readUInt32BE(at + 8),
        offset: moof.readInt32BE(at + 12),
      };
    }),
  };
}

test('frames with B-frames get decode times that increase and never come after their own', () => {
  // I P B B P B B, 40 apart, from 1000 on.
  const order = [0, 3, 1, 2, 6, 4, 5];
  const samples = order.map((position, i) => ({
    pts: 1000 + position * 40,
    isKeyFrame: i === 0,
    data: Buffer.alloc(10 + i),
  }));
  const [moof, head, ...payload] = mediaSegment(1, [{ track: 1, samples, lastDuration: 40 }]);
  assert.ok(moof && head);
  const { decodeTime, dataOffset, samples: found } = read(moof);
  let dts = decodeTime;
  const times = found.map(({ duration, offset }) => {
    const pts = dts + offset;
    dts += duration;
    return pts;
  });
  assert.deepEqual(
    times,
    samples.map((sample) => sample.pts),
  );
  assert.ok(found.every(({ offset, duration }) => offset >= 0 && duration === 40));
  assert.equal(decodeTime, 960);
  assert.deepEqual(
    found.map(({ size }) => size),
    samples.map((sample) => sample.data.length),
  );
  assert.deepEqual(
    found.map(({ flags }) => flags === 0x02000000),
    order.map((_, i) => i === 0),
  );
  assert.equal(dataOffset, moof.length + head.length);
  assert.deepEqual(
    payload.map((part) => part.length),
    samples.map((sample) => sample.data.length),
  );
  assert.equal(
    head.readUInt32BE(),
    8 + samples.reduce((sum, sample) => sum + sample.data.length, 0),
  );
});
