import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LACING, laceStep, splitLace } from '../../src/matroska/lacing.ts';
import { readBlock, readBlockGroup, readTracks } from '../../src/matroska/read-elements.ts';
import { hex } from '../media/support.ts';

function frames(body: string, lacing: number): string[] {
  return splitLace(hex(body), lacing).map((frame) => Buffer.from(frame).toString('hex'));
}

test('the three lacings of RFC 9559 are taken apart', () => {
  assert.deepEqual(frames('02 01 02 aa bbbb cccccc', LACING.XIPH), ['aa', 'bbbb', 'cccccc']);
  assert.deepEqual(frames('02 aabb ccdd eeff', LACING.FIXED), ['aabb', 'ccdd', 'eeff']);
  // 1, then 1 + 1 (0xc0 is 64 - 63), the rest.
  assert.deepEqual(frames('02 81 c0 aa bbbb cccccc', LACING.EBML), ['aa', 'bbbb', 'cccccc']);
  assert.deepEqual(frames('00 aa', LACING.XIPH), ['aa']);
  assert.deepEqual(frames('00 aa', LACING.EBML), ['aa']);
  assert.deepEqual(frames('00 aa', LACING.FIXED), ['aa']);
});

test('the sizes of the RFC’s example: 800, 500 and 1000 bytes', () => {
  const data = '00'.repeat(2300);
  const sizes = (body: string, lacing: number): number[] =>
    splitLace(hex(body), lacing).map((frame) => frame.length);
  assert.deepEqual(sizes(`02 ffffff23 fff5 ${data}`, LACING.XIPH), [800, 500, 1000]);
  assert.deepEqual(sizes(`02 4320 5ed3 ${data}`, LACING.EBML), [800, 500, 1000]);
});

test('a lace that does not fill its block is refused', () => {
  for (const [body, lacing] of [
    ['', LACING.FIXED],
    ['', LACING.XIPH],
    ['01', LACING.XIPH],
    ['01 ff', LACING.XIPH],
    ['01 05 aa', LACING.XIPH],
    ['01 aabbcc', LACING.FIXED],
    ['01', LACING.EBML],
    ['01 40', LACING.EBML],
    ['01 00', LACING.EBML],
    ['01 85 aa', LACING.EBML],
    ['02 82 80 aabbcc', LACING.EBML],
    ['02 01fffffffffffffe 81 aabbcc', LACING.EBML],
  ] as const) {
    assert.throws(() => splitLace(hex(body), lacing), { code: 'STATUS_FORMAT_ERROR' }, body);
  }
});

test('whatever the bytes, the frames are all of them in order, or there is an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(2, 4, 6), (body, lacing) => {
      let split: Uint8Array[];
      try {
        split = splitLace(body, lacing);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'STATUS_FORMAT_ERROR');
        return;
      }
      assert.equal(split.length, (body[0] ?? 0) + 1);
      const bytes = Buffer.concat(split);
      assert.ok(
        Buffer.from(body)
          .subarray(body.length - bytes.length)
          .equals(bytes),
      );
    }),
    { numRuns: 2000 },
  );
});

test('laced frames follow each other by the track’s duration, else by their share of the block’s', () => {
  const track = (more: string) => {
    const [read] = readTracks(hex(`ae ${(0x83 + hex(more).length).toString(16)} d7 81 01 ${more}`));
    assert.ok(read);
    return read;
  };
  const plain = track('');
  const timed = track('23e383 84 01458552');
  const simple = readBlock(hex('81 0000 02 01 01 aa bb'), true);
  const group = readBlockGroup(hex('a1 88 81 0000 02 01 01 aa bb 9b 81 28'));
  assert.equal(laceStep(simple, timed, 1_000_000), 21.33333);
  assert.equal(laceStep(group, plain, 1_000_000), 20);
  assert.equal(laceStep(readBlock(hex('81 0000 00 aa'), true), plain, 1_000_000), 0);
  assert.throws(() => laceStep(simple, plain, 1_000_000), /mkvmerge --disable-lacing/);
});
