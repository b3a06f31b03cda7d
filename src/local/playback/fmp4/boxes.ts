/** Writing ISO base media file format boxes (ISO/IEC 14496-12). */

/** A box: size, type, contents. */
export function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, part) => sum + part.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...contents], size);
}

/** A box with version and flags. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...contents: readonly Uint8Array[]
): Buffer {
  return box(type, u32((version << 24) | flags), ...contents);
}

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value & 0xffff, i * 2);
  });
  return bytes;
}

/** Unsigned or two's complement, as the value is. */
export function u32(...values: readonly number[]): Buffer {
  return u32List(values);
}

/** The same for a list, which may be longer than a call's arguments. */
export function u32List(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, i * 4);
  });
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(Math.max(0, Math.round(value))));
  return bytes;
}

export function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

/** The matrix that leaves the picture as it is. */
export function unityMatrix(): Buffer {
  return u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
}
