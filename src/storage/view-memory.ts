import type { ChunkPool } from './chunk-pool.ts';
import type { HeldFragment } from './fragment.ts';

/**
 * The chunks of one view: bytes go in behind each other, fragment after fragment, and come out as
 * views into the pool. The last chunk of a fragment is the first one of the next.
 */
export class ViewMemory {
  readonly #pool: ChunkPool;
  /** The chunk being written, held by the view as well as by its fragments; -1 for none. */
  #writeChunk = -1;
  #writeOffset = 0;
  #chunksInUse = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** Chunks that only go when this view gives them back. */
  get chunksInUse(): number {
    return this.#chunksInUse;
  }

  /** Chunks that are still to be taken for so many more bytes. */
  chunksFor(byteLength: number): number {
    const { chunkBytes } = this.#pool;
    const tail = this.#writeChunk < 0 ? 0 : chunkBytes - this.#writeOffset;
    return byteLength <= tail ? 0 : Math.ceil((byteLength - tail) / chunkBytes);
  }

  /** The fragment's bytes follow. */
  begin(fragment: HeldFragment): void {
    fragment.firstOffset = this.#writeOffset;
    if (this.#writeChunk >= 0) this.#hold(fragment, this.#writeChunk);
  }

  /** Adds source[start, end) to the fragment. reserve() has made sure that there is room. */
  write(fragment: HeldFragment, source: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#writeChunk < 0) this.#takeChunk(fragment);
      const length = Math.min(end - at, this.#pool.chunkBytes - this.#writeOffset);
      this.#pool.write(this.#writeChunk, this.#writeOffset, source, at, at + length);
      at += length;
      this.#writeOffset += length;
      if (this.#writeOffset === this.#pool.chunkBytes) this.letGo();
    }
  }

  /** Writes over bytes that the fragment has. */
  overwrite(fragment: HeldFragment, offset: number, bytes: Uint8Array): void {
    const { chunkBytes } = this.#pool;
    for (let at = 0; at < bytes.length; at++) {
      const position = fragment.firstOffset + offset + at;
      const chunk = fragment.chunks[Math.floor(position / chunkBytes)] as number;
      this.#pool.write(chunk, position % chunkBytes, bytes, at, at + 1);
    }
  }

  /** Bytes of the fragment being written, those that are not committed included. */
  written(fragment: HeldFragment): number {
    const { chunkBytes } = this.#pool;
    const end =
      this.#writeChunk < 0
        ? fragment.chunks.length * chunkBytes
        : (fragment.chunks.length - 1) * chunkBytes + this.#writeOffset;
    return end - fragment.firstOffset;
  }

  /** Takes back what was written to the fragment since its last commit. */
  rollback(fragment: HeldFragment): void {
    const end = fragment.firstOffset + fragment.byteLength;
    this.letGo();
    this.cut(fragment);
    this.#writeOffset = end % this.#pool.chunkBytes;
    if (this.#writeOffset > 0) {
      this.#writeChunk = fragment.chunks.at(-1) as number;
      this.#pool.hold(this.#writeChunk);
    }
  }

  /** Gives back the chunks behind the fragment's length; true when one became free. */
  cut(fragment: HeldFragment): boolean {
    const end = fragment.firstOffset + fragment.byteLength;
    const kept = Math.ceil(end / this.#pool.chunkBytes);
    let freed = false;
    while (fragment.chunks.length > kept) {
      freed = this.#release(fragment.chunks.pop() as number) || freed;
    }
    return freed;
  }

  /** Whether a chunk becomes free that holds nothing but what is behind so many bytes. */
  frees(fragment: HeldFragment, byteLength: number): boolean {
    const kept = Math.ceil((fragment.firstOffset + byteLength) / this.#pool.chunkBytes);
    // The next fragment may begin in the last one.
    return fragment.chunks.length > kept + 1;
  }

  /** Gives back all of the fragment's chunks; true when one became free. */
  free(fragment: HeldFragment): boolean {
    let freed = false;
    for (const chunk of fragment.chunks) freed = this.#release(chunk) || freed;
    fragment.chunks.length = 0;
    return freed;
  }

  /** Lets go of the chunk being written; what follows goes into another one. */
  letGo(): void {
    if (this.#writeChunk >= 0) this.#release(this.#writeChunk);
    this.#writeChunk = -1;
    this.#writeOffset = 0;
  }

  /** The fragment's bytes from `offset` on that lie behind each other, at most `maxBytes`. */
  read(fragment: HeldFragment, offset: number, maxBytes: number): Uint8Array {
    const pool = this.#pool;
    const position = fragment.firstOffset + offset;
    let slot = Math.floor(position / pool.chunkBytes);
    const first = fragment.chunks[slot] as number;
    const inChunk = position % pool.chunkBytes;
    let length = pool.chunkBytes - inChunk;
    let chunk = first;
    while (length < maxBytes) {
      const next = fragment.chunks[++slot] as number;
      if (!pool.areAdjacent(chunk, next)) break;
      length += pool.chunkBytes;
      chunk = next;
    }
    return pool.view(first, inChunk, Math.min(length, maxBytes));
  }

  /** All of the fragment's bytes, in memory of their own. */
  copy(fragment: HeldFragment): Buffer {
    const bytes = Buffer.allocUnsafeSlow(fragment.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const part = this.read(fragment, at, bytes.length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #hold(fragment: HeldFragment, chunk: number): void {
    this.#pool.hold(chunk);
    fragment.chunks.push(chunk);
  }

  #takeChunk(fragment: HeldFragment): void {
    this.#writeChunk = this.#pool.take();
    this.#writeOffset = 0;
    this.#chunksInUse += 1;
    this.#hold(fragment, this.#writeChunk);
  }

  #release(chunk: number): boolean {
    const freed = this.#pool.release(chunk);
    if (freed) this.#chunksInUse -= 1;
    return freed;
  }
}
