import { malformed } from './element-header.ts';
import type { ReadBlock, ReadTrack } from './reader-handlers.ts';

/** How a block says where its frames end (RFC 9559 10.3), as its flags have it. */
export const LACING = { NONE: 0x00, XIPH: 0x02, FIXED: 0x04, EBML: 0x06 } as const;

/**
 * The frames of a laced block, as views of it.
 * @param body what follows the block's flags
 * @param lacing one of LACING
 * @throws KvsError STATUS_FORMAT_ERROR when the frames do not fill the block exactly
 */
export function splitLace(body: Uint8Array, lacing: number): Uint8Array[] {
  if (lacing === LACING.NONE) return [body];
  const count = (body[0] ?? 0) + 1;
  const { sizes, at } = readSizes(body, lacing, count);
  const known = sizes.reduce((sum, size) => sum + size, 0);
  const last = body.length - at - known;
  if (last < 0) throw malformed('a laced block whose frames are larger than itself');
  const frames: Uint8Array[] = [];
  let start = at;
  for (const size of [...sizes, last]) {
    frames.push(body.subarray(start, start + size));
    start += size;
  }
  return frames;
}

/** Sizes of all frames but the last, and where the first one begins. */
type Sizes = { readonly sizes: readonly number[]; readonly at: number };

function readSizes(body: Uint8Array, lacing: number, count: number): Sizes {
  switch (lacing) {
    case LACING.XIPH:
      return xiphSizes(body, count);
    case LACING.EBML:
      return ebmlSizes(body, count);
    default: {
      const each = (body.length - 1) / count;
      if (body.length === 0 || !Number.isInteger(each)) {
        throw malformed(
          `a block of ${count} frames of one size whose bytes are not a multiple of it`,
        );
      }
      return { sizes: new Array<number>(count - 1).fill(each), at: 1 };
    }
  }
}

/** Each size is a sum of bytes, which ends with the first that is not 255. */
function xiphSizes(body: Uint8Array, count: number): Sizes {
  const sizes: number[] = [];
  let at = 1;
  while (sizes.length < count - 1) {
    let size = 0;
    let byte: number | undefined;
    do {
      byte = body[at];
      if (byte === undefined) throw malformed('a laced block that ends within its sizes');
      size += byte;
      at += 1;
    } while (byte === 255);
    sizes.push(size);
  }
  return { sizes, at };
}

/** The first size is an EBML number; each further one a signed difference from the one before. */
function ebmlSizes(body: Uint8Array, count: number): Sizes {
  const sizes: number[] = [];
  let at = 1;
  while (sizes.length < count - 1) {
    const length = Math.clz32(body[at] ?? 0) - 23;
    if (length > 8 || at + length > body.length) {
      throw malformed('a laced block that ends within its sizes');
    }
    let value = (body[at] ?? 0) & (0xff >> length);
    for (let i = at + 1; i < at + length; i += 1) value = value * 256 + (body[i] ?? 0);
    at += length;
    const before = sizes.at(-1);
    const size = before === undefined ? value : before + value - (2 ** (7 * length - 1) - 1);
    if (size < 0 || size > body.length) {
      throw malformed(`a laced block with a frame of ${size} bytes`);
    }
    sizes.push(size);
  }
  return { sizes, at };
}

/**
 * How much later each frame of a laced block is than the one before it, in timecode-scale units:
 * a block has the time of its first frame alone. 0 for a block of one frame.
 * @throws KvsError STATUS_FORMAT_ERROR when neither block nor track say what a frame lasts
 */
export function laceStep(
  { trackNumber, laced, duration }: ReadBlock,
  track: ReadTrack,
  timecodeScaleNs: number,
): number {
  if (laced.length === 0) return 0;
  if (track.defaultDurationNs !== undefined) return track.defaultDurationNs / timecodeScaleNs;
  if (duration !== undefined) return duration / (laced.length + 1);
  throw malformed(
    `a block of several frames (lacing) of track ${trackNumber}, whose frames have no known ` +
      'duration; mkvmerge --disable-lacing writes each in a block of its own',
  );
}
