import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameMessage } from '../../src/host/access-units/access-units.ts';
import { LeadingUnits } from '../../src/host/access-units/leading-units.ts';
import { FrameFlag } from '../../src/host/wire/wire.ts';
import { NalSplitter } from '../../src/media/pieces/nal-splitter.ts';

const SPS = Buffer.from('000000016742c00bda', 'hex');
const PPS = Buffer.from('0000000168ce06f2', 'hex');
const IDR = Buffer.from('0000000165888400', 'hex');

function message(payload: Buffer, ptsNs: bigint, flags = 0): FrameMessage {
  return {
    ...{ track: 1, flags, ptsNs, dtsNs: undefined, durationNs: 0n, monotonicNs: 0n, position: 0 },
    payload,
  };
}

function leadingUnits(): { units: LeadingUnits; taken: FrameMessage[] } {
  const taken: FrameMessage[] = [];
  const description = { kind: 'video', mediaType: 'video/x-h264' } as const;
  const splitter = NalSplitter.of({ ...description, streamFormat: 'byte-stream' });
  assert.ok(splitter);
  const units = new LeadingUnits(splitter, (unit) => {
    taken.push(unit);
    return undefined;
  });
  return { units, taken };
}

test('sets in buffers of their own go in front of the picture, with its time and their DISCONT', () => {
  const { units, taken } = leadingUnits();
  units.push(message(SPS, 1n, FrameFlag.discontinuity | FrameFlag.keyFrame));
  units.push(message(PPS, 1n));
  assert.equal(taken.length, 0);
  units.push(message(IDR, 2n));
  assert.equal(taken.length, 1);
  assert.deepEqual(taken[0]?.payload, Buffer.concat([SPS, PPS, IDR]));
  assert.equal(taken[0]?.ptsNs, 2n);
  assert.equal(taken[0]?.flags, FrameFlag.discontinuity);
});

test('sets that no picture follows are not held without end', () => {
  const { units, taken } = leadingUnits();
  for (let i = 0; i < 1_000; i += 1) units.push(message(PPS, BigInt(i)));
  assert.ok(taken.length >= 10, `${taken.length} were passed on`);
});
