/** NAL unit types (H.264, table 7-1) that begin an access unit when slices came before them. */
const PREFIX_TYPES = new Set([6, 7, 8, 9]);
const SLICE = 1;
const IDR_SLICE = 5;

/**
 * Where the NAL units of a byte stream lie: their start codes, and the bytes behind those.
 * @param {Uint8Array} bytes
 */
function* nalUnits(bytes) {
  for (let i = 0; i + 3 < bytes.length; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    yield { start: i > 0 && bytes[i - 1] === 0 ? i - 1 : i, header: i + 3 };
    i += 3;
  }
}

/**
 * The access units (frames) of a byte stream: H.264, 7.4.1.2.3, for streams of whole frames.
 * @param {Uint8Array} bytes
 */
export function* accessUnits(bytes) {
  let begin = 0;
  let hasSlice = false;
  for (const { start, header } of nalUnits(bytes)) {
    const type = (bytes[header] ?? 0) & 0x1f;
    const isSlice = type >= SLICE && type <= IDR_SLICE;
    // first_mb_in_slice is 0: its Exp-Golomb code is the single bit 1.
    const isFirstSlice = isSlice && ((bytes[header + 1] ?? 0) & 0x80) !== 0;
    if (hasSlice && (isFirstSlice || PREFIX_TYPES.has(type))) {
      yield bytes.subarray(begin, start);
      begin = start;
      hasSlice = false;
    }
    hasSlice ||= isSlice;
  }
  if (hasSlice) yield bytes.subarray(begin);
}
