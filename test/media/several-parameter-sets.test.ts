import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAvcC } from '../../src/media/h264/avcc.ts';
import { nalSamples, startCodes } from './nal-samples.ts';
import { needs } from './tools.ts';

describe('H.264 with parameter sets of several ids', needs('ffmpeg'), () => {
  const { sample, adapter } = nalSamples('h264');

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
});

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
