import type { NalCodec } from './nal-codec.ts';
import type { NalForm } from './nal-form.ts';
import { afterLength, afterStartCode } from './nal-units.ts';

const START_CODE_BYTES = 3;

/**
 * True when decoding can start with this access unit. Looks no further than its first slice, in
 * front of which there are only parameter sets, SEI and a delimiter.
 */
export function beginsWithEntry(codec: NalCodec, data: Uint8Array, form: NalForm): boolean {
  const hasLengths = form.kind === 'length-prefixed';
  let at = hasLengths ? form.lengthSize : afterStartCode(data, 2);
  while (at >= 0 && at < data.length) {
    // The header alone tells slices: where a long one ends need not be searched.
    const header = codec.classify(data, at, at);
    if (header === 'random-access-slice') return true;
    if (header === 'slice') return false;
    const next = hasLengths
      ? afterLength(data, at - form.lengthSize, form.lengthSize)
      : afterStartCode(data, at + 2);
    const end = hasLengths ? next : next - START_CODE_BYTES;
    if (codec.classify(data, at, next < 0 ? data.length : end) === 'recovery-point') return true;
    at = hasLengths ? next + form.lengthSize : next;
  }
  return false;
}
