import { KvsError } from '../errors/kvs-error.ts';
import { PRESSURE_FREE_RATIO } from './chunk-pool.ts';
import type { ContentStore } from './content-store.ts';
import { HeldFragment } from './fragment.ts';
import { FragmentRow } from './fragment-row.ts';
import type {
  DropReason,
  FragmentSource,
  FragmentWriter,
  SessionFormat,
  StoredFragment,
} from './types.ts';

/**
 * What goes when there is no room: the whole oldest fragment, or single frames. Upstream's
 * "drop tail item" takes the oldest frame, which is the key frame that all the others need; here
 * the frames at the end of the oldest fragment go, so that what is left can be decoded.
 */
export type DropPolicy = 'fragment' | 'frame';

/** What a view tells its owner about data that left it without having been settled. */
export type DropNotice = {
  readonly fragment: StoredFragment;
  readonly reason: DropReason;
  /** Frames that went. */
  readonly frames: number;
  /** False when only the fragment's last frame was cut off. */
  readonly isWhole: boolean;
  /** False when the service had said that it has the fragment: nothing is lost then. */
  readonly lost: boolean;
};

export type ViewOptions = {
  /** False: never drops, reserve() refuses instead (offline). */
  readonly mayDrop: boolean;
  readonly dropPolicy: DropPolicy;
  /** Media time that the view holds at most. */
  readonly bufferDurationNs: bigint;
  /** Frames that the view holds at most; unlimited when absent. */
  readonly maxFrames?: number;
  /** Fragments that the view holds at most, the one being written included; unlimited when absent. */
  readonly maxFragments?: number;
  readonly onDrop?: (notice: DropNotice) => void;
};

/** One stream's fragments in the content store: written by the producer, read by the uploader. */
export class StreamView implements FragmentSource, FragmentWriter {
  onChange: (() => void) | undefined;
  readonly mayDrop: boolean;
  readonly #store: ContentStore;
  readonly #options: ViewOptions;
  readonly #row = new FragmentRow();
  #open: HeldFragment | undefined;
  /** The chunk being written, held by the view as well as by its fragments; -1 for none. */
  #writeChunk = -1;
  #writeOffset = 0;
  #chunksInUse = 0;
  #byteLength = 0;
  #frameCount = 0;
  #durationNs = 0n;
  /** The fragment read last, where the stream's current position is. */
  #reading: HeldFragment | undefined;
  #refusedAt = -1;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;
  #closed = false;

  constructor(store: ContentStore, options: ViewOptions) {
    this.#store = store;
    this.#options = options;
    this.mayDrop = options.mayDrop;
  }

  // What the uploader sees.

  get oldest(): StoredFragment | undefined {
    return this.#row.oldest;
  }

  get newest(): StoredFragment | undefined {
    return this.#row.newest;
  }

  get(index: number): StoredFragment | undefined {
    return this.#row.get(index);
  }

  firstFrom(index: number): StoredFragment | undefined {
    return this.#row.firstFrom(index);
  }

  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined {
    if (!(fragment instanceof HeldFragment) || fragment.life !== 'held') return undefined;
    const wanted = Math.min(maxBytes, fragment.byteLength - offset);
    if (wanted <= 0) return undefined;
    const { pool } = this.#store;
    const position = fragment.firstOffset + offset;
    let slot = Math.floor(position / pool.chunkBytes);
    const first = fragment.chunks[slot] as number;
    const inChunk = position % pool.chunkBytes;
    let length = pool.chunkBytes - inChunk;
    let chunk = first;
    while (length < wanted) {
      const next = fragment.chunks[++slot] as number;
      if (!pool.areAdjacent(chunk, next)) break;
      length += pool.chunkBytes;
      chunk = next;
    }
    length = Math.min(length, wanted);
    fragment.readEnd = offset + length;
    this.#reading = fragment;
    return pool.view(first, inChunk, length);
  }

  pin(fragment: StoredFragment): void {
    if (fragment instanceof HeldFragment) fragment.pins += 1;
  }

  unpin(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment) || fragment.pins === 0) return;
    fragment.pins -= 1;
    if (fragment.life !== 'held') this.#releaseMemory(fragment);
  }

  settle(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment) || fragment.life !== 'held') return;
    if (!fragment.complete) {
      fragment.settleWhenComplete = true;
      return;
    }
    this.#leave(fragment, 'settled');
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    if (!(fragment instanceof HeldFragment) || fragment.life !== 'held') return;
    this.#drop(fragment, reason);
  }

  // What the producer sees.

  /** The fragment that frames are being added to; undefined after it was dropped or completed. */
  get open(): StoredFragment | undefined {
    return this.#open;
  }

  /** Chunks that only go when this view gives them back. */
  get chunksInUse(): number {
    return this.#chunksInUse;
  }

  /** Bytes of all held fragments. */
  get byteLength(): number {
    return this.#byteLength;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** Media time of all held fragments, gaps between them not counted. */
  get durationNs(): bigint {
    return this.#durationNs;
  }

  get isUnderDurationPressure(): boolean {
    const limit = Number(this.#options.bufferDurationNs);
    return limit - Number(this.#durationNs) <= limit * PRESSURE_FREE_RATIO;
  }

  /** What lies between the uploader's position and the newest frame. */
  unread(): { bytes: number; durationNs: bigint } {
    let bytes = 0;
    let durationNs = 0n;
    const reading = this.#reading?.life === 'held' ? this.#reading : undefined;
    const from = reading === undefined ? this.#row.oldest?.index : reading.index;
    if (from === undefined) return { bytes, durationNs };
    if (reading !== undefined && reading.byteLength > 0) {
      const left = reading.byteLength - reading.readEnd;
      bytes += left;
      durationNs += (reading.durationNs * BigInt(left)) / BigInt(reading.byteLength);
    }
    let fragment = this.#row.firstFrom(reading === undefined ? from : from + 1);
    while (fragment !== undefined) {
      // After the uploader has settled what it read last, the first ones may be sent already.
      const left = fragment.byteLength - fragment.readEnd;
      if (left > 0) {
        bytes += left;
        durationNs += (fragment.durationNs * BigInt(left)) / BigInt(fragment.byteLength);
      }
      fragment = this.#row.firstFrom(fragment.index + 1);
    }
    return { bytes, durationNs };
  }

  /** @param addsFrame false for bytes that are no frame, to which the bounds do not apply */
  reserve(byteLength: number, addsFrame = true): boolean {
    const { pool } = this.#store;
    if (byteLength > pool.sizeBytes - pool.chunkBytes) {
      throw new KvsError(
        'STATUS_STORE_OUT_OF_MEMORY',
        `A frame of ${byteLength} bytes can never fit into a content store of ${pool.sizeBytes} bytes`,
        { advice: 'Set a larger storage size, or make the frames smaller.' },
      );
    }
    if (addsFrame && this.mayDrop) this.#keepWithinBounds();
    else if (addsFrame && this.#isOverBounds() && this.#row.count > 1) return this.#refuse();
    for (;;) {
      const needed = this.#chunksFor(byteLength);
      const allowed = this.#store.allowance(this) - this.#chunksInUse;
      // An offline view is never held below what one frame needs: it could not go on at all.
      if (needed <= pool.freeChunks && (needed <= allowed || this.#row.count <= 1)) return true;
      if (!this.mayDrop && needed > allowed && this.#row.count > 1) return this.#refuse();
      if (!this.#store.evictFor(this)) return this.#refuse();
    }
  }

  whenRoom(): Promise<void> {
    if (this.#closed || this.#store.releases !== this.#refusedAt) return Promise.resolve();
    if (this.#room === undefined) {
      let resolve: () => void = () => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  begin(start: {
    format: SessionFormat;
    timecode: bigint;
    startNs: bigint;
    arrivedMs: number;
  }): void {
    if (this.#open !== undefined) this.complete({ endsWithEofr: false });
    const fragment = new HeldFragment(this.#row.nextIndex, start);
    if (this.#options.dropPolicy === 'frame') fragment.frameEnds = [];
    this.#row.push(fragment);
    this.#open = fragment;
    this.#rewindIdleChunk();
    fragment.firstOffset = this.#writeOffset;
    if (this.#writeChunk >= 0) this.#hold(fragment, this.#writeChunk);
    this.#changed();
  }

  write(source: Uint8Array, start: number, end: number): void {
    const fragment = this.#open;
    if (fragment === undefined) {
      throw new KvsError('STATUS_INVALID_OPERATION', 'Bytes were written outside of a fragment');
    }
    const { pool } = this.#store;
    let at = start;
    while (at < end) {
      if (this.#writeChunk < 0) this.#takeChunk(fragment);
      const length = Math.min(end - at, pool.chunkBytes - this.#writeOffset);
      pool.write(this.#writeChunk, this.#writeOffset, source, at, at + length);
      at += length;
      this.#writeOffset += length;
      if (this.#writeOffset === pool.chunkBytes) this.#letGoOfWriteChunk();
    }
  }

  commit(frame: { endNs: bigint; ptsNs: bigint; dtsNs: bigint; isKeyFrame: boolean }): void {
    const fragment = this.#open;
    if (fragment === undefined) return;
    this.#take(fragment);
    fragment.frameCount += 1;
    this.#frameCount += 1;
    fragment.frameEnds?.push(fragment.byteLength);
    if (frame.endNs > fragment.endNs) {
      this.#durationNs += frame.endNs - fragment.endNs;
      fragment.endNs = frame.endNs;
    }
    this.#changed();
  }

  /** Takes back what was written since the last commit. */
  rollback(): void {
    const fragment = this.#open;
    if (fragment === undefined) return;
    const { pool } = this.#store;
    const end = fragment.firstOffset + fragment.byteLength;
    const kept = Math.ceil(end / pool.chunkBytes);
    this.#letGoOfWriteChunk();
    while (fragment.chunks.length > kept) this.#release(fragment.chunks.pop() as number);
    this.#writeOffset = end % pool.chunkBytes;
    if (this.#writeOffset > 0) {
      this.#writeChunk = fragment.chunks[kept - 1] as number;
      pool.hold(this.#writeChunk);
    }
  }

  complete(options: { endsWithEofr: boolean }): void {
    const fragment = this.#open;
    if (fragment === undefined) return;
    this.#take(fragment);
    fragment.complete = true;
    fragment.endsWithEofr = options.endsWithEofr;
    this.#open = undefined;
    if (fragment.settleWhenComplete) this.#leave(fragment, 'settled');
    this.#changed();
  }

  /** Drops everything that is held, with `reason`. The view can be used again. */
  clear(reason: DropReason): void {
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.oldest) this.#drop(f, reason);
  }

  /** Gives all memory back and leaves the store. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onChange = undefined;
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.oldest) this.#leave(f, 'settled');
    this.#letGoOfWriteChunk();
    this.#store.forget(this);
    this.roomMade();
  }

  // What the store and the other views see.

  /** Drops the oldest fragment, or frames of it, that nobody holds on to. False: there is none. */
  evictOldest(reason: DropReason = 'storage-full'): boolean {
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      if (f === this.#open || f.pins > 0) continue;
      if (!this.#cutLastFrame(f, reason)) this.#drop(f, reason);
      return true;
    }
    return false;
  }

  /** Drops the fragment being written, when nothing else is left to drop. */
  evictOpen(): boolean {
    const fragment = this.#open;
    if (fragment === undefined || fragment.pins > 0 || fragment.byteLength === 0) return false;
    this.#drop(fragment, 'storage-full');
    return true;
  }

  roomMade(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #isOverBounds(): boolean {
    const { maxFrames, maxFragments, bufferDurationNs } = this.#options;
    const begun = this.#open === undefined ? 1 : 0;
    return (
      this.#durationNs >= bufferDurationNs ||
      (maxFrames !== undefined && this.#frameCount >= maxFrames) ||
      (maxFragments !== undefined && this.#row.count + begun > maxFragments)
    );
  }

  #keepWithinBounds(): void {
    while (this.#isOverBounds() && this.evictOldest('buffer-duration')) {
      // Each turn takes one fragment or frame.
    }
  }

  #refuse(): boolean {
    this.#refusedAt = this.#store.releases;
    return false;
  }

  #chunksFor(byteLength: number): number {
    const { pool } = this.#store;
    const tail = this.#writeChunk < 0 ? 0 : pool.chunkBytes - this.#writeOffset;
    return byteLength <= tail ? 0 : Math.ceil((byteLength - tail) / pool.chunkBytes);
  }

  /** Makes what was written since the last commit part of the fragment. */
  #take(fragment: HeldFragment): void {
    const { pool } = this.#store;
    const end =
      this.#writeChunk < 0
        ? fragment.chunks.length * pool.chunkBytes
        : (fragment.chunks.length - 1) * pool.chunkBytes + this.#writeOffset;
    const byteLength = end - fragment.firstOffset;
    this.#byteLength += byteLength - fragment.byteLength;
    fragment.byteLength = byteLength;
  }

  #drop(fragment: HeldFragment, reason: DropReason): void {
    const wasOpen = fragment === this.#open;
    if (wasOpen) {
      fragment.complete = true;
      this.#open = undefined;
    }
    const lost = !fragment.isSafe;
    this.#leave(fragment, 'dropped');
    const frames = fragment.frameCount;
    this.#options.onDrop?.({ fragment, reason, frames, isWhole: true, lost });
    this.#changed();
  }

  /** With the frame policy: the last frame of a complete fragment that was not read yet. */
  #cutLastFrame(fragment: HeldFragment, reason: DropReason): boolean {
    const ends = fragment.frameEnds;
    if (ends === undefined || fragment.frameCount <= 1 || fragment.isSafe) return false;
    const end = ends[ends.length - 2] as number;
    if (end < fragment.readEnd) return false;
    const { pool } = this.#store;
    ends.pop();
    this.#byteLength -= fragment.byteLength - end;
    this.#frameCount -= 1;
    const durationNs = fragment.durationNs / BigInt(fragment.frameCount);
    this.#durationNs -= durationNs;
    fragment.endNs -= durationNs;
    fragment.frameCount -= 1;
    fragment.byteLength = end;
    fragment.endsWithEofr = false;
    const kept = Math.ceil((fragment.firstOffset + end) / pool.chunkBytes);
    let freed = false;
    while (fragment.chunks.length > kept) {
      freed = this.#release(fragment.chunks.pop() as number) || freed;
    }
    if (freed) this.#store.released();
    this.#options.onDrop?.({ fragment, reason, frames: 1, isWhole: false, lost: true });
    return true;
  }

  #leave(fragment: HeldFragment, life: 'settled' | 'dropped'): void {
    fragment.life = life;
    this.#byteLength -= fragment.byteLength;
    this.#frameCount -= fragment.frameCount;
    this.#durationNs -= fragment.durationNs;
    if (this.#open === fragment) this.#open = undefined;
    this.#row.trim();
    this.#releaseMemory(fragment);
  }

  #releaseMemory(fragment: HeldFragment): void {
    if (fragment.pins > 0 || fragment.released) return;
    fragment.released = true;
    let freed = false;
    for (const chunk of fragment.chunks) freed = this.#release(chunk) || freed;
    fragment.chunks.length = 0;
    if (freed) this.#store.released();
  }

  #hold(fragment: HeldFragment, chunk: number): void {
    this.#store.pool.hold(chunk);
    fragment.chunks.push(chunk);
  }

  #takeChunk(fragment: HeldFragment): void {
    this.#writeChunk = this.#store.pool.take();
    this.#writeOffset = 0;
    this.#chunksInUse += 1;
    this.#hold(fragment, this.#writeChunk);
  }

  #release(chunk: number): boolean {
    const freed = this.#store.pool.release(chunk);
    if (freed) this.#chunksInUse -= 1;
    return freed;
  }

  #letGoOfWriteChunk(): void {
    if (this.#writeChunk >= 0) this.#release(this.#writeChunk);
    this.#writeChunk = -1;
    this.#writeOffset = 0;
  }

  /** A chunk that only the view itself still holds is written from its start again. */
  #rewindIdleChunk(): void {
    if (this.#writeChunk >= 0 && this.#store.pool.holdersOf(this.#writeChunk) === 1) {
      this.#writeOffset = 0;
    }
  }

  #changed(): void {
    this.onChange?.();
  }
}
