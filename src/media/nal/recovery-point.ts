/** payloadType of the recovery point SEI message (H.264 D.1.1, H.265 D.2.1). */
const RECOVERY_POINT = 6;

/**
 * Whether a SEI NAL unit has a recovery point message, and of which kind. open: its count is 0,
 * pictures are right from here on, as at the I pictures of an open GOP; gradual: some pictures later.
 * @param start behind the NAL header
 */
export function recoveryPoint(
  data: Uint8Array,
  start: number,
  end: number,
): 'none' | 'open' | 'gradual' {
  let at = start;
  let zeros = 0;
  const next = (): number => {
    let byte = data[at] ?? 0;
    at += 1;
    if (zeros >= 2 && byte === 3) {
      byte = data[at] ?? 0;
      at += 1;
      zeros = 0;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    return byte;
  };
  const sum = (): number => {
    let total = 0;
    for (let byte = 255; byte === 255 && at < end; ) {
      byte = next();
      total += byte;
    }
    return total;
  };
  while (at + 2 < end) {
    const type = sum();
    const size = sum();
    if (type === RECOVERY_POINT) {
      if (at >= end) return 'none';
      // recovery_frame_cnt is ue(v), recovery_poc_cnt se(v): 0 is a single set bit.
      return next() >= 0x80 ? 'open' : 'gradual';
    }
    for (let i = 0; i < size && at < end; i += 1) next();
  }
  return 'none';
}
