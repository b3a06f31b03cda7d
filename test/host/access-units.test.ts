import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessUnits, type FrameMessage } from '../../src/host/access-units/access-units.ts';
import { FrameFlag } from '../../src/host/wire/wire.ts';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import { NalSplitter } from '../../src/media/pieces/nal-splitter.ts';

const { keyFrame, discontinuity, afterDrop, lastPiece, corrupted } = FrameFlag;

/** NAL units by what they are; the letter behind the slash is a byte of their own. */
const H264 = {
  aud: '0930',
  sei: '0605',
  sps: '6764',
  pps: '68eb',
  idr: '6588',
  idrRest: '6508',
  p: '4188',
  pRest: '4108',
  filler: '0cff',
} as const;
const H265 = {
  aud: '4601',
  sps: '4201',
  idr: '260180',
  idrRest: '260100',
  p: '020180',
  pRest: '020100',
  suffixSei: '5001',
  enhancement: '020980',
} as const;

type Piece = { nal: string; flags?: number; pts?: bigint; dts?: bigint; duration?: bigint };

const BYTE_STREAM: TrackDescription = {
  kind: 'video',
  mediaType: 'video/x-h264',
  streamFormat: 'byte-stream',
};

/** Gathers pieces; every access unit as the NAL units in it, and its header. */
function gatherer(description: TrackDescription = BYTE_STREAM) {
  const units: { nals: string[]; flags: number; pts?: bigint; dts?: bigint; duration: bigint }[] =
    [];
  const splitter = NalSplitter.of(description);
  assert.ok(splitter);
  const gate: { wait: Promise<void> | undefined } = { wait: undefined };
  const separator = description.streamFormat === 'byte-stream' ? '00000001' : '0003';
  const access = new AccessUnits(splitter, (unit) => {
    const take = (): void => {
      const nals = unit.payload.toString('hex').split(separator).slice(1);
      const { flags, durationNs: duration } = unit;
      units.push({
        nals,
        flags,
        duration,
        ...(unit.ptsNs === undefined ? {} : { pts: unit.ptsNs }),
        ...(unit.dtsNs === undefined ? {} : { dts: unit.dtsNs }),
      });
    };
    if (gate.wait !== undefined) return gate.wait.then(take);
    take();
    return undefined;
  });
  const push = (...pieces: Piece[]): (Promise<void> | undefined)[] =>
    pieces.map(({ nal, flags = 0, pts, dts, duration = 0n }) => {
      const message: FrameMessage = {
        track: 1,
        flags,
        ptsNs: pts,
        dtsNs: dts,
        durationNs: duration,
        monotonicNs: 7n,
        position: 0,
        payload: Buffer.from(separator + nal, 'hex'),
      };
      return access.push(message);
    });
  return { access, units, push, gate, nals: () => units.map((unit) => unit.nals.join(' ')) };
}

test('the marker ends an access unit at once, not the next picture', () => {
  const { push, nals } = gatherer();
  push({ nal: H264.sps, flags: keyFrame }, { nal: H264.idr, flags: keyFrame });
  assert.deepEqual(nals(), []);
  push({ nal: H264.idrRest, flags: keyFrame | lastPiece });
  assert.deepEqual(nals(), [`${H264.sps} ${H264.idr} ${H264.idrRest}`]);
  push({ nal: H264.p, flags: lastPiece });
  assert.equal(nals().length, 2);
});

test('without a marker the next picture ends it: delimiter, parameter set, first slice', () => {
  for (const next of [H264.aud, H264.sps, H264.sei, H264.p]) {
    const { push, nals, access } = gatherer();
    push({ nal: H264.idr, flags: keyFrame }, { nal: H264.idrRest }, { nal: H264.filler });
    assert.deepEqual(nals(), []);
    push({ nal: next });
    assert.deepEqual(nals(), [`${H264.idr} ${H264.idrRest} ${H264.filler}`], next);
    if (next !== H264.p) push({ nal: H264.p });
    access.finish();
    assert.equal(nals().length, 2);
  }
});

test('another time ends it too, and the same time holds repeated parameter sets together', () => {
  const { push, nals } = gatherer();
  push(
    { nal: H264.sps, flags: keyFrame, pts: 0n },
    { nal: H264.idr, flags: keyFrame, pts: 0n },
    { nal: H264.sps, flags: keyFrame, pts: 0n },
    { nal: H264.idrRest, flags: keyFrame, pts: 0n },
    { nal: H264.pRest, pts: 40n },
  );
  assert.deepEqual(nals(), [`${H264.sps} ${H264.idr} ${H264.sps} ${H264.idrRest}`]);
});

test('H.265: the first slice says so; suffix SEI and other layers stay with their picture', () => {
  const { push, nals, access } = gatherer({ ...BYTE_STREAM, mediaType: 'video/x-h265' });
  push(
    { nal: H265.aud },
    { nal: H265.sps, flags: keyFrame },
    { nal: H265.idr, flags: keyFrame },
    { nal: H265.idrRest },
    { nal: H265.suffixSei },
    { nal: H265.enhancement },
    { nal: H265.p },
    { nal: H265.pRest },
  );
  access.finish();
  const key = [H265.aud, H265.sps, H265.idr, H265.idrRest, H265.suffixSei, H265.enhancement];
  assert.deepEqual(nals(), [key.join(' '), `${H265.p} ${H265.pRest}`]);
});

test('lengths of the size that the codec data says are read', () => {
  const { push, nals } = gatherer({
    ...BYTE_STREAM,
    streamFormat: 'avc',
    codecData: Uint8Array.of(1, 66, 0, 30, 0xfd),
  });
  push({ nal: `${H264.idr}11`, flags: keyFrame }, { nal: `${H264.pRest}22`, flags: lastPiece });
  assert.deepEqual(nals(), [`${H264.idr}11 ${H264.pRest}22`]);
});

test('a unit has its picture’s time and the longest duration, and is key if a slice is', () => {
  const { push, units } = gatherer();
  push(
    { nal: H264.aud, pts: 40n, dts: 30n, flags: discontinuity },
    { nal: H264.idr, dts: 33n, flags: keyFrame },
    { nal: H264.idrRest, dts: 36n, duration: 40n, flags: lastPiece },
    { nal: H264.sps, flags: keyFrame, pts: 80n },
    { nal: H264.p, pts: 90n, dts: 85n, flags: lastPiece },
  );
  const [first, second] = units;
  assert.deepEqual(
    { ...first, nals: 0 },
    { nals: 0, flags: keyFrame | discontinuity, pts: 40n, dts: 30n, duration: 40n },
  );
  assert.deepEqual({ ...second, nals: 0 }, { nals: 0, flags: 0, pts: 90n, dts: 85n, duration: 0n });
});

test('a picture whose beginning is missing is damaged; one behind a gap is the core’s to judge', () => {
  const { push, nals, units } = gatherer();
  push(
    { nal: H264.pRest, flags: lastPiece },
    { nal: H264.aud, flags: discontinuity },
    { nal: H264.p, flags: lastPiece },
    { nal: H264.p, flags: lastPiece },
  );
  assert.deepEqual(nals(), [H264.pRest, `${H264.aud} ${H264.p}`, H264.p]);
  assert.deepEqual(
    units.map(({ flags }) => flags),
    [corrupted, discontinuity, 0],
  );
});

test('a picture that pieces were dropped from is damaged, and the next one follows a loss', () => {
  const { push, nals, units } = gatherer();
  push({ nal: H264.idr, flags: keyFrame });
  push({ nal: H264.idrRest, flags: keyFrame | afterDrop | lastPiece });
  push({ nal: H264.p, flags: lastPiece }, { nal: H264.sps, flags: keyFrame });
  push({ nal: H264.idr, flags: keyFrame | lastPiece }, { nal: H264.p, flags: lastPiece });
  assert.deepEqual(nals(), [
    `${H264.idr} ${H264.idrRest}`,
    H264.p,
    `${H264.sps} ${H264.idr}`,
    H264.p,
  ]);
  assert.deepEqual(
    units.map(({ flags }) => flags),
    [keyFrame | afterDrop | corrupted, 0, keyFrame, 0],
  );
});

test('a camera that marks every packet is seen through after one picture, which is damaged', () => {
  const { push, nals, units, access } = gatherer();
  for (const pts of [0n, 40n, 80n]) {
    push({ nal: H264.idr, pts, flags: keyFrame | lastPiece });
    push({ nal: H264.idrRest, pts, flags: keyFrame | lastPiece });
  }
  access.finish();
  const whole = `${H264.idr} ${H264.idrRest}`;
  assert.deepEqual(nals(), [H264.idr, H264.idrRest, whole, whole]);
  assert.deepEqual(
    units.map(({ flags }) => flags & corrupted),
    [0, corrupted, 0, 0],
  );
});

test('while a unit waits for room its bytes stay, and the next piece comes after it', async () => {
  const { push, nals, gate, access } = gatherer();
  push({ nal: H264.idr, flags: keyFrame });
  let open = (): void => {};
  gate.wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  const [wait] = push({ nal: H264.p });
  assert.ok(wait);
  assert.deepEqual(nals(), []);
  gate.wait = undefined;
  open();
  await wait;
  access.finish();
  assert.deepEqual(nals(), [H264.idr, H264.p]);
});

test('only codecs made of NAL units have pieces', () => {
  assert.equal(NalSplitter.of({ kind: 'video', mediaType: 'video/x-av1' }), undefined);
});
