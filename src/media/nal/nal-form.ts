import { looksLengthPrefixed, type NalLengthSize, startsWithStartCode } from './nal-units.ts';

/** How NAL units are delimited. */
export type NalForm =
  | { readonly kind: 'annex-b' }
  | { readonly kind: 'length-prefixed'; readonly lengthSize: NalLengthSize };

/** Start codes of three or four bytes. */
export const ANNEX_B: NalForm = { kind: 'annex-b' };
/** Lengths of four bytes, as this project stores access units. */
export const LENGTH_PREFIXED: NalForm = { kind: 'length-prefixed', lengthSize: 4 };

/**
 * The form of these bytes. What was promised holds, unless they can only be of the other form: a
 * NAL unit of 256 to 511 bytes has a length that looks like a start code (00 00 01), and so does
 * one of a single byte (00 00 00 01).
 * @param isFixed what was promised holds whatever the bytes look like: an application's flags say so
 */
export function formOf(
  data: Uint8Array,
  promised: NalForm | undefined,
  isFixed: boolean | undefined = false,
): NalForm {
  if (isFixed && promised !== undefined) return promised;
  const hasStartCode = startsWithStartCode(data);
  if (promised?.kind === 'length-prefixed') {
    if (!hasStartCode || looksLengthPrefixed(data, promised.lengthSize)) return promised;
    return ANNEX_B;
  }
  if (promised !== undefined) {
    return !hasStartCode && looksLengthPrefixed(data) ? LENGTH_PREFIXED : promised;
  }
  return hasStartCode && !looksLengthPrefixed(data) ? ANNEX_B : LENGTH_PREFIXED;
}
