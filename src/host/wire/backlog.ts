/** Size of the first buffer; it doubles up to what the element's credit window lets come in. */
const FIRST_CAPACITY_BYTES = 1024 * 1024;

/**
 * Whole messages of one element that cannot be taken yet, back to back in one buffer. The bytes
 * between `peek` and `release` do not move, not even when more is appended: a frame may be read
 * while it waits for room in the store.
 */
export class Backlog {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** The buffer before this one, used again once nothing of it is being read. */
  #spare: Buffer | undefined;
  #spareIsRead = false;

  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** Copies one whole message (header and payload) behind the others. */
  append(message: Uint8Array): void {
    if (this.#end + message.length > this.#bytes.length) this.#grow(message.length);
    this.#bytes.set(message, this.#end);
    this.#end += message.length;
  }

  /** Where the oldest message starts; undefined when there is none. */
  peek(): { bytes: Buffer; at: number } | undefined {
    if (this.#start === this.#end) return undefined;
    return { bytes: this.#bytes, at: this.#start };
  }

  /** The oldest message is done with. */
  release(byteLength: number): void {
    this.#start += byteLength;
    this.#spareIsRead = false;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
  }

  /** Forgets all and gives the memory back. */
  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#spare = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  /**
   * Always into another buffer, even where moving down would do: this one may be being read.
   * Two buffers take turns, so that a long wait for the network makes no garbage.
   */
  #grow(needed: number): void {
    const held = this.byteLength;
    // Half of it free after the move, so that moves cost no more than the appends themselves.
    let capacity = FIRST_CAPACITY_BYTES;
    while (capacity < 2 * (held + needed)) capacity *= 2;
    const spare = this.#spareIsRead ? undefined : this.#spare;
    const larger =
      spare !== undefined && spare.length >= capacity ? spare : Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, this.#start, this.#end);
    this.#spare = this.#bytes.length > 0 ? this.#bytes : undefined;
    this.#spareIsRead = true;
    this.#bytes = larger;
    this.#start = 0;
    this.#end = held;
  }
}
