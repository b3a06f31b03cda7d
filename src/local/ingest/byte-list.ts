/** The first chunk; each further one is twice as large, up to the greatest. */
const FIRST_CHUNK_BYTES = 4 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;

/** Bytes collected piece by piece, kept in large chunks: one copy, few allocations. */
export class ByteList {
  readonly #chunks: Uint8Array[] = [];
  #current = new Uint8Array(0);
  #used = 0;
  #byteLength = 0;
  #heldBytes = 0;
  #nextChunkBytes = FIRST_CHUNK_BYTES;

  /** Memory that is taken, for bytes and for those to come. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Copies `bytes` and returns the copy, which never moves. */
  append(bytes: Uint8Array): Uint8Array {
    if (this.#current.length - this.#used < bytes.length) {
      this.#seal();
      this.#current = new Uint8Array(Math.max(this.#nextChunkBytes, bytes.length));
      this.#heldBytes += this.#current.length;
      this.#nextChunkBytes = Math.min(2 * this.#nextChunkBytes, MAX_CHUNK_BYTES);
    }
    const copy = this.#current.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    this.#byteLength += bytes.length;
    return copy;
  }

  /** Everything so far, in order. */
  parts(): Uint8Array[] {
    return this.#used === 0
      ? [...this.#chunks]
      : [...this.#chunks, this.#current.subarray(0, this.#used)];
  }

  #seal(): void {
    if (this.#used > 0) this.#chunks.push(this.#current.subarray(0, this.#used));
    this.#used = 0;
  }
}
