const CHUNK_BYTES = 256 * 1024;

/** Bytes collected piece by piece, kept in large chunks: one copy, few allocations. */
export class ByteList {
  readonly #chunks: Uint8Array[] = [];
  #current = new Uint8Array(0);
  #used = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Copies `bytes` and returns the copy, which never moves. */
  append(bytes: Uint8Array): Uint8Array {
    if (this.#current.length - this.#used < bytes.length) {
      this.#seal();
      this.#current = new Uint8Array(Math.max(CHUNK_BYTES, bytes.length));
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
