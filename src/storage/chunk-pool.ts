import { KvsError } from '../errors/kvs-error.ts';

/** Chunks are powers of two between these, so that a store has about two thousand of them. */
const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const TARGET_CHUNKS = 2048;

/** A store or view is under pressure when this part of it, or less, is free (upstream's 5 percent). */
export const PRESSURE_FREE_RATIO = 0.05;

/** A typed array may be larger on 64 bit; on 32 bit it ends one byte short of a GiB. */
const SLAB_BYTES = 512 * 1024 * 1024;

/** The chunk size of a store: small stores get small chunks, so that a few streams can share one. */
export function chunkBytesFor(storeBytes: number): number {
  let chunk = MIN_CHUNK_BYTES;
  while (chunk < MAX_CHUNK_BYTES && storeBytes / chunk > TARGET_CHUNKS) chunk *= 2;
  return chunk;
}

/**
 * The content store's memory: fixed chunks in slabs that are reserved at once and never touched
 * before use, so that the operating system commits a page only when the first byte goes into it.
 * Freed chunks are used again last in, first out: a live stream whose fragments are acknowledged
 * promptly keeps using the same few pages, however large the store is.
 */
export class ChunkPool {
  readonly chunkBytes: number;
  readonly chunkCount: number;
  readonly sizeBytes: number;
  /** Chunks that can be taken. */
  freeChunks: number;
  readonly #slabs: Uint8Array[] = [];
  readonly #chunksPerSlab: number;
  /** Holders per chunk: fragments, and the view that is writing into it. */
  readonly #holders: Uint32Array;
  /** Stack of chunks that were used before and are free now. */
  readonly #freed: Uint32Array;
  #freedCount = 0;
  /** Chunks from here on were never used. */
  #fresh = 0;

  /** @throws KvsError STATUS_NOT_ENOUGH_MEMORY when the address space cannot be had. */
  constructor(sizeBytes: number) {
    this.chunkBytes = chunkBytesFor(sizeBytes);
    this.chunkCount = Math.floor(sizeBytes / this.chunkBytes);
    this.freeChunks = this.chunkCount;
    this.sizeBytes = this.chunkCount * this.chunkBytes;
    this.#chunksPerSlab = Math.floor(SLAB_BYTES / this.chunkBytes);
    this.#holders = new Uint32Array(this.chunkCount);
    this.#freed = new Uint32Array(this.chunkCount);
    for (let left = this.chunkCount; left > 0; left -= this.#chunksPerSlab) {
      const bytes = Math.min(left, this.#chunksPerSlab) * this.chunkBytes;
      try {
        this.#slabs.push(Buffer.allocUnsafeSlow(bytes));
      } catch (cause) {
        throw new KvsError(
          'STATUS_NOT_ENOUGH_MEMORY',
          `The content store of ${sizeBytes} bytes cannot be allocated`,
          { cause, advice: 'Set a smaller storage size.' },
        );
      }
    }
  }

  get freeBytes(): number {
    return this.freeChunks * this.chunkBytes;
  }

  /** Takes a chunk with one holder. The caller has made sure that there is one. */
  take(): number {
    let chunk: number | undefined;
    if (this.#freedCount > 0) chunk = this.#freed[--this.#freedCount];
    else if (this.#fresh < this.chunkCount) chunk = this.#fresh++;
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
