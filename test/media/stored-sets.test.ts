import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodecAdapter } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { parseAvcC } from '../../src/media/h264/avcc.ts';
import { lengths, startCodes } from './nal-samples.ts';
import { adapt, hex } from './support.ts';

// Of x264 at 160x120: the PPS of -qp 20 and of -qp 30, and the SPS without and with colours.
const SPS = hex('6742c00bda0a11f970110000030001000003003c0f142aa0');
const OTHER_SPS = hex('6742c00bda0a11f97016a0204048000003000800000301e078a155');
const PPS = hex('68ce06f2');
const OTHER_PPS = hex('68ce0472');
const IDR = hex('6588843a262800097dc318');
const SLICE = hex('419a22819f051360d322f2f7');

function byteStream(before?: CodecAdapter): CodecAdapter {
  return describe('byte-stream', before);
}

function describe(
  streamFormat: string,
  before?: CodecAdapter,
  codecData?: Uint8Array,
): CodecAdapter {
  return createAdapter(
    {
      ...{ kind: 'video', mediaType: 'video/x-h264', streamFormat, width: 160, height: 120 },
      ...(codecData === undefined ? {} : { codecData }),
    },
    before === undefined ? {} : { before },
  );
}

/** The PPS in the header. */
function headerPps({ format }: CodecAdapter): string[] {
  return parseAvcC(format?.codecPrivate ?? new Uint8Array()).pps.map((nal) =>
    Buffer.from(nal).toString('hex'),
  );
}

test('a set that changes and is in each key frame needs no other header', () => {
  const track = byteStream();
  for (const [sps, pps] of [
    [SPS, PPS],
    [SPS, OTHER_PPS],
    [OTHER_SPS, PPS],
    [SPS, PPS],
  ] as const) {
    const { bytes } = adapt(track, startCodes(sps, pps, IDR));
    assert.deepEqual(bytes, lengths(4, sps, pps, IDR));
    adapt(track, startCodes(SLICE));
  }
  assert.equal(track.formatRevision, 1);
});

test('a key frame without the set that changed before it needs another header', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  adapt(track, startCodes(SPS, OTHER_PPS, IDR));
  assert.equal(track.formatRevision, 1);
  const { bytes } = adapt(track, startCodes(IDR));
  assert.deepEqual(bytes, lengths(4, IDR));
  assert.equal(track.formatRevision, 2);
  assert.deepEqual(headerPps(track), ['68ce0472']);
  adapt(track, startCodes(IDR));
  assert.equal(track.formatRevision, 2);
});

test('a set that changes between key frames stays with its frame, and is in the next header', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  const { bytes } = adapt(track, startCodes(OTHER_PPS, SLICE));
  assert.deepEqual(bytes, lengths(4, OTHER_PPS, SLICE));
  assert.deepEqual(adapt(track, startCodes(SLICE)).bytes, lengths(4, SLICE));
  assert.equal(track.formatRevision, 1);
  adapt(track, startCodes(IDR));
  assert.equal(track.formatRevision, 2);
});

test('a set that went with a frame which was not stored goes with the next one', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  track.plan(startCodes(OTHER_PPS, SLICE));
  assert.deepEqual(adapt(track, startCodes(SLICE)).bytes, lengths(4, OTHER_PPS, SLICE));
  assert.deepEqual(adapt(track, startCodes(SLICE)).bytes, lengths(4, SLICE));
  assert.equal(track.formatRevision, 1);
});

test('with a SPS that is put in front of a frame goes the PPS that refers to it', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  track.plan(startCodes(OTHER_SPS, SLICE));
  assert.deepEqual(adapt(track, startCodes(SLICE)).bytes, lengths(4, OTHER_SPS, PPS, SLICE));
});

test('a unit that is planned again is planned the same', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  adapt(track, startCodes(OTHER_PPS));
  const first = track.plan(startCodes(IDR)).byteLength;
  assert.equal(track.plan(startCodes(IDR)).byteLength, first);
  assert.deepEqual(adapt(track, startCodes(IDR)).bytes, lengths(4, OTHER_PPS, IDR));
  assert.equal(track.formatRevision, 1);
});

test('sets that come in buffers of their own again and again need no other header', () => {
  const track = byteStream();
  adapt(track, startCodes(SPS, PPS, IDR));
  for (let i = 0; i < 3; i += 1) {
    adapt(track, startCodes(SPS, OTHER_PPS));
    assert.deepEqual(adapt(track, startCodes(IDR)).bytes, lengths(4, SPS, OTHER_PPS, IDR));
    adapt(track, startCodes(SLICE));
  }
  assert.equal(track.formatRevision, 1);
});

test('other caps: sets in the frames keep the header, sets in the caps alone make another', () => {
  const record = (...sets: Buffer[]): Uint8Array => {
    const track = byteStream();
    adapt(track, startCodes(...sets, IDR));
    return track.format?.codecPrivate ?? new Uint8Array();
  };
  const first = describe('avc', undefined, record(SPS, PPS));
  adapt(first, lengths(4, IDR));
  const inBand = describe('avc', first, record(SPS, OTHER_PPS));
  adapt(inBand, lengths(4, SPS, OTHER_PPS, IDR));
  assert.equal(inBand.format, first.format);
  const inCaps = describe('avc', inBand, record(OTHER_SPS, OTHER_PPS));
  adapt(inCaps, lengths(4, IDR));
  assert.notDeepEqual(inCaps.format?.codecPrivate, first.format?.codecPrivate);
  assert.deepEqual(headerPps(inCaps), ['68ce0472']);
});

test('other caps without codec data: what is known of the sets stays known', () => {
  const first = byteStream();
  adapt(first, startCodes(SPS, PPS, IDR));
  const second = byteStream(first);
  assert.deepEqual(adapt(second, startCodes(IDR)).bytes, lengths(4, IDR));
  assert.equal(second.format, first.format);
});
