import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeList } from '../../src/media/bits/range-list.ts';
import {
  looksLengthPrefixed,
  scanAnnexB,
  scanLengthPrefixed,
} from '../../src/media/nal/nal-units.ts';
import { hex } from './support.ts';

function annexB(data: Uint8Array): string[] {
  const list = new RangeList();
  scanAnnexB(data, list);
  return units(data, list);
}

function lengthPrefixed(data: Uint8Array, size: 1 | 2 | 4): string[] {
  const list = new RangeList();
  scanLengthPrefixed(data, size, list);
  return units(data, list);
}

function units(data: Uint8Array, list: RangeList): string[] {
  return Array.from({ length: list.count }, (_, i) =>
    Buffer.from(data.subarray(list.starts[i], list.ends[i])).toString('hex'),
  );
}

/** NAL units as an encoder may write them: no start code within, the last byte not 0. */
const nalUnit = fc.uint8Array({ minLength: 1, maxLength: 90 }).map((bytes) => {
  const escaped: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  return Buffer.from(escaped.at(-1) === 0 ? [...escaped, 3] : escaped);
});

test('Annex B: start codes of three and four bytes, emulation prevention kept', () => {
  assert.deepEqual(annexB(hex('000001 65010203')), ['65010203']);
  assert.deepEqual(annexB(hex('00000001 65010203')), ['65010203']);
  assert.deepEqual(annexB(hex('00000001 0910 000001 650102')), ['0910', '650102']);
  assert.deepEqual(annexB(hex('000001 0910 00 000001 6501')), ['0910', '6501']);
  assert.deepEqual(annexB(hex('000001 65 000003 0102')), ['650000030102']);
});

test('Annex B: any number of zeros in front of a start code and at the end', () => {
  // Upstream refuses the frame from four zeros on: legal trailing_zero_8bits, which the "bad
  // real-life encoder" of its own tests writes.
  assert.deepEqual(annexB(hex('000001 0910 00 00000001 6501')), ['0910', '6501']);
  assert.deepEqual(annexB(hex('000001 0910 0000000000 00000001 6501')), ['0910', '6501']);
  assert.deepEqual(annexB(hex('0000000000 000001 6501')), ['6501']);
  // Upstream leaves zeros at the end in the NAL unit.
  assert.deepEqual(annexB(hex('000001 6501 000000')), ['6501']);
});

test('Annex B: inputs of zero to four bytes', () => {
  for (const bytes of ['', '00', '01', '0000', '000001', '00000001', '00000000', '65010203']) {
    assert.deepEqual(annexB(hex(bytes)), [], bytes);
  }
  assert.deepEqual(annexB(hex('00000165')), ['65']);
});

test('Annex B: nothing between start codes is no NAL unit', () => {
  // Upstream writes a NAL unit of length 0, over which ffmpeg refuses the whole access unit.
  assert.deepEqual(annexB(hex('000001 6501 000001')), ['6501']);
  assert.deepEqual(annexB(hex('000001 000001 65')), ['65']);
});

test('Annex B: bytes in front of the first start code are left out', () => {
  // Upstream copies them in front of the first length, where no reader can get past them.
  assert.deepEqual(annexB(hex('aabb 000001 6501')), ['6501']);
});

test('Annex B: zeros within a NAL unit stay there', () => {
  assert.deepEqual(annexB(hex('000001 65 000000 02 02')), ['650000000202']);
  // Upstream refuses this frame; a decoder conceals it.
  assert.deepEqual(annexB(hex('000001 65 00000000 02')), ['650000000002']);
});

test('Annex B: NAL units joined with start codes of any length come apart again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ nal: nalUnit, zeros: fc.integer({ min: 2, max: 6 }) }), {
        maxLength: 80,
      }),
      fc.integer({ min: 0, max: 4 }),
      (parts, trailing) => {
        const data = Buffer.concat([
          ...parts.flatMap(({ nal, zeros }) => [Buffer.alloc(zeros), Buffer.of(1), nal]),
          Buffer.alloc(trailing),
        ]);
        // A plain Uint8Array and a Buffer are scanned alike.
        assert.deepEqual(annexB(new Uint8Array(data)), annexB(data));
        assert.deepEqual(
          annexB(data),
          parts.map(({ nal }) => nal.toString('hex')),
        );
      },
    ),
  );
});

test('Annex B: the scanner finds what a plain search finds, whatever the bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 255), { maxLength: 400 }),
      (bytes) => {
        const data = Buffer.from(bytes);
        const expected = data
          .toString('latin1')
          .split('\x00\x00\x01')
          .slice(1)
          .map((part) =>
            Buffer.from(part, 'latin1')
              .toString('hex')
              .replace(/(00)+$/, ''),
          )
          // An odd digit may be cut off with the zeros: compare by bytes.
          .map((digits) => (digits.length % 2 === 0 ? digits : `${digits}0`))
          .filter((digits) => digits !== '');
        assert.deepEqual(annexB(data), expected);
      },
    ),
    { numRuns: 2000 },
  );
});

test('lengths of 1, 2 and 4 bytes', () => {
  assert.deepEqual(lengthPrefixed(hex('02 0910 01 65'), 1), ['0910', '65']);
  assert.deepEqual(lengthPrefixed(hex('0002 0910 0001 65'), 2), ['0910', '65']);
  assert.deepEqual(lengthPrefixed(hex('00000002 0910 00000001 65'), 4), ['0910', '65']);
  assert.deepEqual(lengthPrefixed(hex('00000000 00000001 65'), 4), ['65']);
  assert.deepEqual(lengthPrefixed(hex(''), 4), []);
});

test('lengths that do not tile the access unit are refused', () => {
  for (const bytes of ['65', '0000', '000000', '00000002 65', '00000001 65 00', 'ffffffff 65']) {
    assert.throws(() => lengthPrefixed(hex(bytes), 4), {
      name: 'KvsError',
      code: 'STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA',
    });
  }
  assert.throws(() => lengthPrefixed(hex('00000001 6588'), 4), /start codes|ends at/);
});

test('looksLengthPrefixed tells whole frames from others', () => {
  assert.equal(looksLengthPrefixed(hex('00000002 0910 00000001 65')), true);
  assert.equal(looksLengthPrefixed(hex('00000001 6588')), false);
  assert.equal(looksLengthPrefixed(hex('')), false);
});
