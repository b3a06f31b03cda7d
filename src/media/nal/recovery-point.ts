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
  let zeros = 0;
  let reads: 'type' | 'size' | 'payload' = 'type';
  let type = 0;
  let size = 0;
  // One loop without calls: it runs over each SEI of each picture.
  for (let at = start; at < end; at += 1) {
    const byte = data[at] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    if (reads === 'type') {
      type += byte;
      if (byte !== 255) reads = 'size';
    } else if (reads === 'size') {
      size += byte;
      if (byte !== 255) reads = size === 0 ? 'type' : 'payload';
      if (reads === 'type') type = 0;
    } else {
      // recovery_frame_cnt is ue(v), recovery_poc_cnt se(v): 0 is a single set bit.
      if (type === RECOVERY_POINT) return byte >= 0x80 ? 'open' : 'gradual';
      size -= 1;
      if (size > 0) continue;
      reads = 'type';
      type = 0;
    }
  }
  return 'none';
}
