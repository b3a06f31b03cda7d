import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

/** What is computed in one turn of the event loop: a millisecond or two on a Raspberry Pi. */
const SLICE_BYTES = 128 * 1024;

/** Does something with [0, length) piece by piece, and lets others have a turn in between. */
export async function inSlices(
  length: number,
  each: (start: number, end: number) => void,
): Promise<void> {
  for (let start = 0; start < length; start += SLICE_BYTES) {
    if (start > 0) await nextTurn();
    each(start, Math.min(start + SLICE_BYTES, length));
  }
}

/** CRC-32 (IEEE), as zlib and Matroska have it. */
export async function crcOf(bytes: Buffer): Promise<number> {
  let crc = 0;
  await inSlices(bytes.length, (start, end) => {
    crc = crc32(bytes.subarray(start, end), crc);
  });
  return crc;
}
