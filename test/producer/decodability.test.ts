import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Continuity, PictureEntry, References } from '../../src/media/codec/picture.ts';
import { Decodability, type FrameFacts } from '../../src/producer/tracks/decodability.ts';

/** A picture's facts in a word each; its time is its number in frames of 40 ms. */
type Picture = {
  entry?: PictureEntry;
  continuity?: Continuity;
  isReference?: boolean;
  isSkippable?: boolean;
  /** Shown and decoded at this frame. Default: behind the one before. */
  at?: number;
  shownAt?: number;
  flaggedKey?: boolean;
  discont?: boolean;
  afterLoss?: boolean;
  corrupted?: boolean;
  afterCaps?: boolean;
  /** A codec whose bytes say nothing. */
  opaque?: boolean;
};

const FRAME_NS = 40_000_000n;

/** What becomes of each picture: K key frame, k kept, or the reason it is left out for. */
function judge(...pictures: readonly Picture[]): string[] {
  const decodability = new Decodability();
  let at = -1;
  return pictures.map((picture) => {
    at = picture.at ?? at + 1;
    const verdict = decodability.judge(factsOf(picture, at));
    if (!verdict.keep) return verdict.reason;
    return verdict.isKeyFrame ? 'K' : 'k';
  });
}

function factsOf(picture: Picture, at: number): FrameFacts {
  const { entry = 'inter', continuity = 'continues', opaque = false } = picture;
  const references: References = {
    entry,
    isReference: picture.isReference ?? true,
    isSkippable: picture.isSkippable ?? false,
    numberRange: 16,
    look: () => {},
    check: () => continuity,
    accept: () => {},
    inherit: () => {},
  };
  return {
    ptsNs: BigInt(picture.shownAt ?? at) * FRAME_NS,
    dtsNs: BigInt(at) * FRAME_NS,
    isFlaggedKey: picture.flaggedKey ?? false,
    isDiscontinuity: picture.discont ?? false,
    isAfterLoss: picture.afterLoss ?? false,
    isCorrupted: picture.corrupted ?? false,
    isRandomAccessPoint: !opaque && (entry === 'closed' || entry === 'open'),
    isAfterCaps: picture.afterCaps ?? false,
    hasFormat: true,
    references: opaque ? undefined : references,
  };
}

const IDR: Picture = { entry: 'closed' };
const P: Picture = {};
const B: Picture = { isReference: false };
const GAP: Picture = { continuity: 'gap' };
const LOST = 'not-decodable';
const EARLY = 'no-key-frame';

test('frames before the first key frame are left out, and everything that continues it is kept', () => {
  assert.deepEqual(judge(P, B, IDR, P, B, P), [EARLY, EARLY, 'K', 'k', 'k', 'k']);
});

test('a gap in the numbers costs everything up to the next key frame, and nothing behind it', () => {
  assert.deepEqual(judge(IDR, P, GAP, P, P, IDR, P), ['K', 'k', LOST, LOST, LOST, 'K', 'k']);
});

test('a DISCONT or a hole in time costs nothing where the numbers continue', () => {
  const discont: Picture = { discont: true };
  assert.deepEqual(judge(IDR, discont, P, { at: 9 }, P), ['K', 'k', 'k', 'k', 'k']);
  assert.deepEqual(judge(IDR, P, P, { discont: true, at: 9 }, P), ['K', 'k', 'k', 'k', 'k']);
});

test('behind a DISCONT and a hole in which the numbers may have come round, nothing is certain', () => {
  const far: Picture = { discont: true, at: 20 };
  assert.deepEqual(judge(IDR, P, P, far, P, IDR), ['K', 'k', 'k', LOST, LOST, 'K']);
  // The same hole without a DISCONT is a source that had nothing to encode.
  assert.deepEqual(judge(IDR, P, P, { at: 20 }, P), ['K', 'k', 'k', 'k', 'k']);
});

test('where the stream may leave out pictures, a gap is a loss behind a DISCONT alone', () => {
  const skips: Picture = { continuity: 'skips' };
  assert.deepEqual(judge(IDR, P, skips, P), ['K', 'k', 'k', 'k']);
  assert.deepEqual(judge(IDR, P, { ...skips, discont: true }, P), ['K', 'k', LOST, LOST]);
});

test('without numbers it takes a DISCONT and a hole, or other caps', () => {
  const delta: Picture = { opaque: true };
  const key: Picture = { opaque: true, flaggedKey: true };
  const behindHole: Picture = { ...delta, discont: true, at: 9 };
  assert.deepEqual(judge(key, delta, delta, { ...delta, discont: true }, delta), [
    ...['K', 'k', 'k', 'k', 'k'],
  ]);
  assert.deepEqual(judge(key, delta, delta, { ...delta, at: 9 }, delta), ['K', 'k', 'k', 'k', 'k']);
  assert.deepEqual(judge(key, delta, delta, behindHole, delta, key), [
    ...['K', 'k', 'k', LOST, LOST, 'K'],
  ]);
  assert.deepEqual(judge(key, delta, { ...delta, afterCaps: true }, key), ['K', 'k', LOST, 'K']);
});

test('a slow source is measured by its own pace', () => {
  const delta: Picture = { opaque: true };
  const key: Picture = { opaque: true, flaggedKey: true };
  const paced = [12, 24, 36, 60].map((at) => ({ ...delta, at, discont: true }));
  assert.deepEqual(judge({ ...key, at: 0 }, ...paced), ['K', 'k', 'k', 'k', 'k']);
});

test('a frame that kvssink dropped, or another source, costs the rest of the GOP', () => {
  assert.deepEqual(judge(IDR, P, { afterLoss: true }, P, IDR), ['K', 'k', LOST, LOST, 'K']);
  assert.deepEqual(judge(IDR, P, { ...IDR, afterLoss: true }, P), ['K', 'k', 'K', 'k']);
});

test('a corrupted frame goes; what follows goes with it if it is a reference', () => {
  const corrupted = 'corrupted';
  assert.deepEqual(judge(IDR, { ...B, corrupted: true }, P), ['K', corrupted, 'k']);
  assert.deepEqual(judge(IDR, { ...P, corrupted: true }, P, IDR), ['K', corrupted, LOST, 'K']);
  assert.deepEqual(judge({ ...IDR, corrupted: true }, P, IDR), [corrupted, EARLY, 'K']);
});

test('behind a gap an open GOP begins without the pictures that are shown before its key frame', () => {
  const cra: Picture = { entry: 'open', at: 10, shownAt: 13 };
  const leading: Picture = { ...B, at: 11, shownAt: 11 };
  const trailing: Picture = { at: 12, shownAt: 14 };
  const late: Picture = { ...B, at: 13, shownAt: 12 };
  assert.deepEqual(judge(IDR, GAP, cra, leading, trailing), ['K', LOST, 'K', LOST, 'k']);
  assert.deepEqual(judge(IDR, P, cra, leading, trailing, late), ['K', 'k', 'K', 'k', 'k', 'k']);
});

test('RASL pictures that miss what they refer to go alone', () => {
  const rasl: Picture = { continuity: 'gap', isSkippable: true, isReference: false };
  assert.deepEqual(judge({ entry: 'open' }, rasl, rasl, P), ['K', LOST, LOST, 'k']);
});

test('a flag alone makes a key frame of I pictures and recovery points, if flags tell anything', () => {
  const flagged = (entry: PictureEntry): Picture => ({ entry, flaggedKey: true });
  // GOPs of I pictures without IDR; intra refresh behind one IDR picture.
  assert.deepEqual(judge(flagged('intra'), P, flagged('intra'), P), ['K', 'k', 'K', 'k']);
  assert.deepEqual(judge(IDR, P, flagged('gradual'), P), ['K', 'k', 'K', 'k']);
  // Every frame is flagged: an I picture behind IDR and P pictures may be followed by anything.
  const p = flagged('inter');
  assert.deepEqual(judge(flagged('closed'), p, flagged('intra'), p), ['K', 'k', 'k', 'k']);
  assert.deepEqual(judge(p, p, flagged('closed'), p), [EARLY, EARLY, 'K', 'k']);
  // All pictures are I pictures.
  assert.deepEqual(judge(flagged('closed'), flagged('intra')), ['K', 'K']);
  // Neither IDR nor SEI nor I pictures, from an encoder that flags its refresh cycles.
  assert.deepEqual(judge(P, p, P, p), [EARLY, 'K', 'k', 'K']);
});

test('an encoder whose numbers are wrong in every GOP is not believed after the third', () => {
  const gop = [IDR, P, GAP, P];
  const verdicts = judge(...gop, ...gop, ...gop, ...gop);
  const bad = ['K', 'k', LOST, LOST];
  assert.deepEqual(verdicts, [...bad, ...bad, ...bad, 'K', 'k', 'k', 'k']);
});

test('numbers stay believed where a GOP between the gaps is whole, or time shows the holes too', () => {
  const bad = [IDR, P, GAP];
  const good = [IDR, P, P];
  const [lost, kept] = [
    ['K', 'k', LOST],
    ['K', 'k', 'k'],
  ];
  assert.deepEqual(judge(...bad, ...bad, ...good, ...bad, ...bad, ...bad), [
    ...[lost, lost, kept, lost, lost, lost].flat(),
  ]);
  const holes = [0, 10, 20, 30, 40].flatMap((at) => [
    ...[{ ...IDR, at }, { at: at + 1 }, { at: at + 2 }, { ...GAP, at: at + 6 }],
  ]);
  assert.deepEqual(judge(...holes).filter((verdict) => verdict === LOST).length, 5);
});

test('flags of a buffer without a picture are about the picture behind it', () => {
  const decodability = new Decodability();
  decodability.judge(factsOf(IDR, 0));
  decodability.passOver({ isAfterLoss: true, isDiscontinuity: false });
  assert.deepEqual(decodability.judge(factsOf(P, 1)), { keep: false, reason: LOST });
  assert.equal(decodability.isWaiting, true);
  decodability.judge(factsOf(IDR, 2));
  assert.deepEqual(decodability.judge(factsOf(P, 3)), { keep: true, isKeyFrame: false });
});
