import { sizeLength, writeSize } from '../../src/matroska/ebml.ts';

/** An EBML number in its shortest form. */
export function encodeSize(value: number): Uint8Array {
  const out = new Uint8Array(sizeLength(value));
  writeSize(out, 0, value, out.length);
  return out;
}
