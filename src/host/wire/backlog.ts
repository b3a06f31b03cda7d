/** Memory is taken in pieces of this size, or as large as the message that does not fit in one. */
const CHUNK_BYTES = 1024 * 1024;

/** Messages back to back, from `start` to `end`. None without a message is among those that wait. */
type Chunk = { bytes: Buffer; start: number; end: number };

/**
 * Whole messages of one element that cannot be taken yet. None of them ever moves: a frame may be
 * read while it waits for room in the store. What was released is filled again first, while the
 * processor still has it in its cache; so a file that is sent as fast as it is read takes only as
 * much memory as the element's credit window lets come in.
 */
export class Backlog {
  #chunks: Chunk[] = [];
  /** The piece that was released last is the last of them. */
  #spare: Chunk[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Copies one whole message (header and payload) behind the others. */
  append(message: Uint8Array): void {
    let last = this.#chunks.at(-1);
    if (last === undefined || last.end + message.length > last.bytes.length) {
      last = this.#take(message.length);
      this.#chunks.push(last);
    }
    last.bytes.set(message, last.end);
    last.end += message.length;
    this.#byteLength += message.length;
  }

  /** Where the oldest message starts; undefined when there is none. */
  peek(): { bytes: Buffer; at: number } | undefined {
    const first = this.#chunks[0];
    return first === undefined ? undefined : { bytes: first.bytes, at: first.start };
  }

  /** The oldest message is done with. */
  release(byteLength: number): void {
    const first = this.#chunks[0];
    if (first === undefined) return;
    first.start += byteLength;
    this.#byteLength -= byteLength;
    if (first.start < first.end) return;
    this.#chunks.shift();
    if (first.bytes.length > CHUNK_BYTES) return;
    first.start = first.end = 0;
    this.#spare.push(first);
  }

  /** Forgets all and gives the memory back. */
  clear(): void {
    this.#chunks = [];
    this.#spare = [];
    this.#byteLength = 0;
  }

  #take(messageBytes: number): Chunk {
    const spare = messageBytes > CHUNK_BYTES ? undefined : this.#spare.pop();
    if (spare !== undefined) return spare;
    const bytes = Buffer.allocUnsafeSlow(Math.max(messageBytes, CHUNK_BYTES));
    return { bytes, start: 0, end: 0 };
  }
}
