import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PictureOrder } from '../../src/media/codec/picture.ts';
import { type OrderDoubt, PictureSequence } from '../../src/producer/tracks/picture-sequence.ts';

/** Places of presentation of pictures with these counts, the first a key frame. */
function places(
  counts: readonly number[],
  { step, mayReorder = true }: { step: number; mayReorder?: boolean },
): { shown: number[]; doubts: OrderDoubt[] } {
  const doubts: OrderDoubt[] = [];
  const sequence = new PictureSequence((doubt) => doubts.push(doubt));
  const shown = counts.map((count, index) => {
    const restarts = count === 0;
    const order: PictureOrder = {
      ...{ count, step, restarts, isIntra: restarts, mayReorder, pictureRate: undefined },
      field: 'none',
    };
    return index + sequence.place(order) / step;
  });
  return { shown, doubts };
}

test('an encoder that counts frames in ones is understood at its first odd count', () => {
  const gop = [0, 4, 2, 1, 3, 8, 6, 5, 7];
  const { shown, doubts } = places([...gop, ...gop], { step: 2 });
  assert.deepEqual(doubts, ['other-steps']);
  // The second and third picture were placed as if each count were a field.
  assert.deepEqual(shown.slice(3, 9), gop.slice(3));
  assert.deepEqual(
    shown.slice(9),
    gop.map((count) => count + 9),
  );
});

test('an encoder that counts in twice the steps is understood within one group of pictures', () => {
  const gop = [0, 16, 8, 4, 12, 32, 24, 20, 28, 48, 40, 36, 44];
  const { shown, doubts } = places([...gop, ...gop], { step: 2 });
  assert.deepEqual(doubts, ['other-steps']);
  assert.deepEqual(
    shown.slice(13),
    gop.map((count) => count / 4 + 13),
  );
});

test('a stream that is declared to have no B-frames keeps its decoding times whatever it counts', () => {
  const { shown, doubts } = places([0, 4, 8, 12, 20, 24, 0, 6], { step: 2, mayReorder: false });
  assert.deepEqual(shown, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(doubts, []);
});

test('B-frames in a stream that is declared to have none are taken for what they are', () => {
  const { shown } = places([0, 2, 8, 4, 6, 14, 10, 12], { step: 2, mayReorder: false });
  assert.deepEqual(shown.slice(3), [2, 3, 7, 5, 6]);
});

test('a count that leaps far ahead moves no picture further than a decoder could keep it', () => {
  const { shown } = places([0, 2, 4, 5000, 5002, 5004], { step: 2 });
  assert.deepEqual(shown, [0, 1, 2, 3, 4, 5]);
});

test('fields and frames in one stream are each as long as they are', () => {
  const doubts: OrderDoubt[] = [];
  const sequence = new PictureSequence((doubt) => doubts.push(doubt));
  const of = (count: number, step: number): number =>
    sequence.place({
      ...{ count, step, restarts: count === 0, isIntra: false, mayReorder: true },
      field: step === 2 ? 'none' : count % 2 === 0 ? 'first' : 'second',
      pictureRate: undefined,
    });
  // A frame; the fields of the reference that comes next but is shown last; those in front of it.
  const moved = [of(0, 2), of(4, 1), of(5, 1), of(2, 1), of(3, 1), of(6, 2)];
  assert.deepEqual(moved, [0, 2, 2, -2, -2, 0]);
  assert.deepEqual(doubts, []);
});
