/** Smallest buffer that is kept. */
const MIN_BYTES = 1024;
/** Buffers kept per size: as many frames as usually wait for another track. */
const KEPT_PER_SIZE = 16;

/**
 * Buffers for frames that wait for another track, used again and again, in sizes of powers of two:
 * a live stream settles on a few of them and makes no garbage.
 */
export class BytePool {
  readonly #free = new Map<number, Buffer[]>();

  /** A copy of `bytes` in a pooled buffer; give it back when it is no longer needed. */
  copy(bytes: Uint8Array): Buffer {
    const size = sizeFor(bytes.length);
    const buffer = this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
    buffer.set(bytes);
    return buffer.subarray(0, bytes.length);
  }

  /** Takes back what copy() gave. */
  release(copy: Buffer): void {
    const size = copy.buffer.byteLength;
    const free = this.#free.get(size) ?? [];
    if (free.length === 0) this.#free.set(size, free);
    if (free.length < KEPT_PER_SIZE) free.push(Buffer.from(copy.buffer));
  }
}

function sizeFor(length: number): number {
  let size = MIN_BYTES;
  while (size < length) size *= 2;
  return size;
}
