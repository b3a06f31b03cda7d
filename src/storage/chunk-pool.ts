import { KvsError } from '../errors/kvs-error.ts';

/** Chunks are powers of two between these, so that a store has about two thousand of them. */
const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const TARGET_CHUNKS = 2048;

/** A store or view is under pressure when this part of it, or less, is free (upstream's 5 percent). */
export const PRESSURE_FREE_RATIO = 0.05;

/** What is taken from the system at a time. */
const SLAB_BYTES = 4 * 1024 * 1024;

/** The chunk size of a store: small stores get small chunks, so that a few streams can share one. */
export function chunkBytesFor(storeBytes: number): number {
  let chunk = MIN_CHUNK_BYTES;
  while (chunk < MAX_CHUNK_BYTES && storeBytes / chunk > TARGET_CHUNKS) chunk *= 2;
  return chunk;
}

/**
 * The content store's memory: fixed chunks in slabs, which are taken from the system as they are
 * needed and kept. Taken at once, thirty stores of 128 MiB each would be address space that a 32-bit
 * system does not have, and V8 collects garbage for every few MiB that it sees allocated.
 * Freed chunks are used again last in, first out: a live stream whose fragments are acknowledged
 * promptly keeps using the same few pages, however large the store is.
 */
export class ChunkPool {
  readonly chunkBytes: number;
  /** Chunks that can be taken. */
  freeChunks: number;
  readonly #slabs: Uint8Array[] = [];
  readonly #chunksPerSlab: number;
  readonly #onShrunk: (sizeBytes: number) => void;
  #chunkCount: number;
  /** Holders per chunk: fragments, and the view that is writing into it. */
  readonly #holders: Uint32Array;
  /** Stack of chunks that were used before and are free now. */
  readonly #freed: Uint32Array;
  #freedCount = 0;
  /** Chunks from here on were never used. */
  #fresh = 0;
  /** And from here on they have no memory yet. */
  #backed = 0;

  /** @param onShrunk told when the system has no more memory: what the pool has, it keeps to */
  constructor(sizeBytes: number, onShrunk: (sizeBytes: number) => void = () => {}) {
    this.chunkBytes = chunkBytesFor(sizeBytes);
    this.#chunkCount = Math.floor(sizeBytes / this.chunkBytes);
    this.#onShrunk = onShrunk;
    this.freeChunks = this.#chunkCount;
    this.#chunksPerSlab = SLAB_BYTES / this.chunkBytes;
    this.#holders = new Uint32Array(this.#chunkCount);
    this.#freed = new Uint32Array(this.#chunkCount);
  }

  get chunkCount(): number {
    return this.#chunkCount;
  }

  get sizeBytes(): number {
    return this.#chunkCount * this.chunkBytes;
  }

  get freeBytes(): number {
    return this.freeChunks * this.chunkBytes;
  }

  /** Whether so many chunks can be taken; their memory is there from then on. */
  hasRoom(chunks: number): boolean {
    while (chunks > this.#freedCount + this.#backed - this.#fresh) {
      if (!this.#addSlab()) return chunks <= this.freeChunks;
    }
    return true;
  }

  /** False when the pool has all its memory, or the system has no more. */
  #addSlab(): boolean {
    const chunks = Math.min(this.#chunkCount - this.#backed, this.#chunksPerSlab);
    if (chunks === 0) return false;
    try {
      this.#slabs.push(Buffer.allocUnsafeSlow(chunks * this.chunkBytes));
    } catch {
      this.freeChunks -= this.#chunkCount - this.#backed;
      this.#chunkCount = this.#backed;
      this.#onShrunk(this.sizeBytes);
      return false;
    }
    this.#backed += chunks;
    return true;
  }

  /** Takes a chunk with one holder. The caller has asked whether there is room. */
  take(): number {
    let chunk: number | undefined;
    if (this.#freedCount > 0) chunk = this.#freed[--this.#freedCount];
    else if (this.hasRoom(1)) chunk = this.#fresh++;
    if (chunk === undefined) {
      throw new KvsError('STATUS_STORE_OUT_OF_MEMORY', 'The content store has no free chunk left');
    }
    this.#holders[chunk] = 1;
    this.freeChunks -= 1;
    return chunk;
  }

  /** One more holder of a chunk that is in use. */
  hold(chunk: number): void {
    this.#holders[chunk] = (this.#holders[chunk] ?? 0) + 1;
  }

  /** One holder less; true when that was the last one and the chunk is free now. */
  release(chunk: number): boolean {
    const holders = (this.#holders[chunk] ?? 0) - 1;
    if (holders < 0) {
      throw new KvsError('STATUS_HEAP_CORRUPTED', `Chunk ${chunk} was released twice`);
    }
    this.#holders[chunk] = holders;
    if (holders > 0) return false;
    this.#freed[this.#freedCount++] = chunk;
    this.freeChunks += 1;
    return true;
  }

  /** Copies source[start, end) to `offset` of the chunk, within it. */
  write(chunk: number, offset: number, source: Uint8Array, start: number, end: number): void {
    const slab = this.#slabs[Math.floor(chunk / this.#chunksPerSlab)] as Uint8Array;
    const at = (chunk % this.#chunksPerSlab) * this.chunkBytes + offset;
    const length = end - start;
    if (length < 64) {
      // A subarray object costs more than copying a block header by hand.
      for (let i = 0; i < length; i++) slab[at + i] = source[start + i] as number;
    } else if (start === 0 && end === source.length) {
      slab.set(source, at);
    } else {
      slab.set(source.subarray(start, end), at);
    }
  }

  /** `length` bytes from `offset` of the chunk on; may run into the chunks that follow it. */
  view(chunk: number, offset: number, length: number): Uint8Array {
    const slab = this.#slabs[Math.floor(chunk / this.#chunksPerSlab)] as Uint8Array;
    const at = (chunk % this.#chunksPerSlab) * this.chunkBytes + offset;
    return slab.subarray(at, at + length);
  }

  /** True when `next` lies directly behind `chunk` in memory. */
  areAdjacent(chunk: number, next: number): boolean {
    return next === chunk + 1 && next % this.#chunksPerSlab !== 0;
  }
}
