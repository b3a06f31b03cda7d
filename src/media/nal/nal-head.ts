import type { NalCodec } from './nal-codec.ts';
import type { NalForm } from './nal-form.ts';
import { afterLength, afterStartCode, type NalLengthSize } from './nal-units.ts';

const START_CODE_BYTES = 3;

/**
 * True when decoding can start with this access unit. Looks no further than its first slice, in
 * front of which there are only parameter sets, SEI and a delimiter.
 */
export function beginsWithEntry(codec: NalCodec, data: Uint8Array, form: NalForm): boolean {
  return form.kind === 'length-prefixed'
    ? beginsWithLengths(codec, data, form.lengthSize)
    : beginsWithStartCodes(codec, data);
}

function beginsWithLengths(codec: NalCodec, data: Uint8Array, lengthSize: NalLengthSize): boolean {
  for (let at = 0; at + lengthSize < data.length; ) {
    const next = afterLength(data, at, lengthSize);
    switch (codec.classify(data, at + lengthSize, next)) {
      case 'random-access-slice':
      case 'recovery-point':
        return true;
      case 'slice':
        return false;
    }
    at = next;
  }
  return false;
}

function beginsWithStartCodes(codec: NalCodec, data: Uint8Array): boolean {
  for (let at = afterStartCode(data, 2); at >= 0 && at < data.length; ) {
    // The header alone tells slices: where a long one ends need not be searched.
    const header = codec.classify(data, at, at);
    if (header === 'random-access-slice') return true;
    if (header === 'slice') return false;
    const next = afterStartCode(data, at + 2);
    const end = next < 0 ? data.length : next - START_CODE_BYTES;
    if (codec.classify(data, at, end) === 'recovery-point') return true;
    at = next;
  }
  return false;
}
