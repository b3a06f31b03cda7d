import { KvsError } from '../errors/kvs-error.ts';
import { PRESSURE_FREE_RATIO } from './chunk-pool.ts';
import { Drops } from './drops.ts';
import { HeldFragment } from './fragment.ts';
import { FragmentList } from './fragment-list.ts';
import { ReadPosition, type Unread } from './read-position.ts';
import type { SharedStore, StoreUser } from './shared-store.ts';
import { SpaceWait } from './space-wait.ts';
import type {
  CommittedFrame,
  DropReason,
  FragmentEnd,
  FragmentSource,
  FragmentStart,
  FragmentWriter,
  StoredFragment,
} from './stored-fragment.ts';
import { type Corrected, correctFragments, type TimeCorrection } from './time-correction.ts';
import { ViewMemory } from './view-memory.ts';
import type { ViewOptions } from './view-options.ts';

/** One stream's fragments in the content store: written by the producer, read by the uploader. */
export class StreamView implements FragmentSource, FragmentWriter, StoreUser {
  onChange: (() => void) | undefined;
  /** The fragment that frames are being added to; undefined after it was dropped or completed. */
  open: HeldFragment | undefined;
  /** False: never drops, reserve() refuses instead. */
  mayDrop: boolean;
  /** Where nothing is dropped: unread bytes of complete fragments from which on reserve() refuses. */
  aheadBytes: number = Number.POSITIVE_INFINITY;
  readonly #store: SharedStore;
  readonly #options: ViewOptions;
  readonly #row = new FragmentList();
  readonly #memory: ViewMemory;
  readonly #position = new ReadPosition(this.#row);
  readonly #drops: Drops;
  readonly #space = new SpaceWait();
  #byteLength = 0;
  /** Held fragments that the service has received. */
  #receivedCount = 0;
  #frameCount = 0;
  #durationNs = 0n;
  /** The last reserve() was refused for what is not read yet. */
  #waitsForReader = false;
  #closed = false;

  constructor(store: SharedStore, options: ViewOptions) {
    this.#store = store;
    this.#options = options;
    this.mayDrop = options.mayDrop;
    this.#memory = new ViewMemory(store.pool);
    this.#drops = new Drops(options.onDrop);
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
    const bytes = this.#memory.read(fragment, offset, wanted);
    this.#position.reading = fragment;
    fragment.readEnd = offset + bytes.byteLength;
    fragment.wasTaken = true;
    this.#wasRead();
    return bytes;
  }

  pin(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment)) return;
    fragment.pins += 1;
    fragment.wasTaken = true;
  }

  unpin(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment) || fragment.pins === 0) return;
    fragment.pins -= 1;
    if (fragment.life !== 'held') this.#releaseMemory(fragment);
  }

  settle(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment)) return;
    this.#drops.settled(fragment);
    if (fragment.life !== 'held') return;
    if (!fragment.complete) {
      fragment.settleWhenComplete = true;
      return;
    }
    this.#leave(fragment, 'settled');
  }

  markReceived(fragment: StoredFragment): void {
    if (!(fragment instanceof HeldFragment) || fragment.wasReceived) return;
    fragment.wasReceived = true;
    if (fragment.life === 'held') this.#receivedCount += 1;
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    if (!(fragment instanceof HeldFragment) || fragment.life !== 'held') return;
    this.#drop(fragment, reason);
  }

  abandon(fragment: StoredFragment): void {
    fragment.isInFlight = false;
    if (fragment instanceof HeldFragment) this.#drops.abandoned(fragment);
  }

  // What the producer sees.

  /** Chunks that only go when this view gives them back. */
  get chunksInUse(): number {
    return this.#memory.chunksInUse;
  }

  /** Bytes of all held fragments. */
  get byteLength(): number {
    return this.#byteLength;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** From where the caller has what is held here; Infinity where nothing is. */
  get neededFrom(): { readonly frames: number; readonly metadata: number } {
    let frames = Number.POSITIVE_INFINITY;
    let metadata = Number.POSITIVE_INFINITY;
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      frames = Math.min(frames, f.framesFrom);
      metadata = Math.min(metadata, f.metadataFrom);
    }
    return { frames, metadata };
  }

  /** Media time of all held fragments, gaps between them not counted. */
  get durationNs(): bigint {
    return this.#durationNs;
  }

  /** Heap bytes of the view's own structures: they are not in the store. */
  get structureBytes(): number {
    let bytes = 0;
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      bytes += f.structureBytes;
    }
    return bytes;
  }

  get isUnderDurationPressure(): boolean {
    const limit = Number(this.#options.bufferDurationNs);
    return limit - Number(this.#durationNs) <= limit * PRESSURE_FREE_RATIO;
  }

  /** What lies between the uploader's position and the newest frame. */
  unread(): Unread {
    return this.#position.unread();
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
    this.#waitsForReader = addsFrame && this.#isFarAhead();
    if (this.#waitsForReader) return this.#space.refuse(this.#store.releases);
    if (addsFrame && this.#isOverBounds()) {
      if (this.mayDrop) this.#keepWithinBounds();
      else if (this.#row.count > 1) return this.#space.refuse(this.#store.releases);
    }
    for (;;) {
      const needed = this.#memory.chunksFor(byteLength);
      // The chunk that is being written has room, and who drops is held below no allowance.
      if (needed === 0 && this.mayDrop) return true;
      const allowed = this.#store.allowance(this) - this.chunksInUse;
      // An offline view is never held below what one frame needs: it could not go on at all.
      if (pool.hasRoom(needed) && (needed <= allowed || this.#row.count <= 1)) return true;
      if (!this.mayDrop && needed > allowed && this.#row.count > 1) {
        return this.#space.refuse(this.#store.releases);
      }
      if (!this.#store.evictFor(this)) return this.#space.refuse(this.#store.releases);
    }
  }

  whenRoom(): Promise<void> {
    const wasRead = this.#waitsForReader && !this.#isFarAhead();
    if (this.#closed || wasRead) return Promise.resolve();
    return this.#space.untilReleased(this.#store.releases);
  }

  begin(start: FragmentStart): void {
    if (this.open !== undefined) this.complete({ endsWithEofr: false });
    const fragment = new HeldFragment(this.#row.nextIndex, start);
    if (this.#options.dropPolicy !== 'fragment') fragment.frameEnds = [];
    this.#row.push(fragment);
    this.open = fragment;
    this.#memory.begin(fragment);
    this.onChange?.();
  }

  write(source: Uint8Array, start: number, end: number): void {
    const fragment = this.open;
    if (fragment === undefined) {
      throw new KvsError('STATUS_INVALID_OPERATION', 'Bytes were written outside of a fragment');
    }
    this.#memory.write(fragment, source, start, end);
  }

  commit(frame: CommittedFrame): void {
    const fragment = this.open;
    if (fragment === undefined) return;
    this.#take(fragment);
    fragment.frameCount += 1;
    this.#frameCount += 1;
    fragment.frameEnds?.push(fragment.byteLength);
    const { neededFrom = Number.POSITIVE_INFINITY } = frame;
    if (neededFrom < fragment.framesFrom) fragment.framesFrom = neededFrom;
    if (frame.endNs > fragment.endNs) {
      this.#durationNs += frame.endNs - fragment.endNs;
      fragment.endNs = frame.endNs;
    }
    this.onChange?.();
  }

  /** Takes back what was written since the last commit. */
  rollback(): void {
    if (this.open !== undefined) this.#memory.rollback(this.open);
  }

  complete(end: FragmentEnd): void {
    const fragment = this.open;
    if (fragment === undefined) return;
    this.#take(fragment);
    fragment.metadataFrom = Math.min(
      fragment.metadataFrom,
      end.metadataFrom ?? Number.POSITIVE_INFINITY,
    );
    fragment.format = end.format ?? fragment.format;
    fragment.complete = true;
    fragment.endsWithEofr = end.endsWithEofr;
    this.open = undefined;
    if (fragment.settleWhenComplete) this.#leave(fragment, 'settled');
    this.onChange?.();
  }

  /** Sets the fragments right of which nothing was sent yet, the open one included. */
  correct(correction: TimeCorrection): Corrected {
    const corrected = correctFragments(this.#row, this.#memory, correction);
    const over = this.#options.overflow?.correct(correction);
    if (over === undefined) return corrected;
    const fragments = corrected.fragments + over.fragments;
    return { ...corrected, fragments, sent: corrected.sent + over.sent };
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
    this.#drops.forget();
    this.#memory.letGo();
    this.#store.forget(this);
    this.roomMade();
  }

  // What the store and the other views see.

  /**
   * Drops the oldest fragment that nobody holds on to, or frames of it: one that the service has
   * received, if there is one. False: there is none.
   */
  evictOldest(reason: DropReason = 'storage-full'): boolean {
    return (
      (this.#receivedCount > 0 && this.#evictFirst(reason, (f) => f.wasReceived)) ||
      (this.#thinsFirst && this.#thinFirst(reason)) ||
      this.#evictFirst(reason, () => true)
    );
  }

  /** Where whole fragments can go elsewhere, none is thinned. */
  get #thinsFirst(): boolean {
    const { dropPolicy, overflow } = this.#options;
    return dropPolicy === 'key-frames' && overflow === undefined;
  }

  #evictFirst(reason: DropReason, isWanted: (fragment: HeldFragment) => boolean): boolean {
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      if (f === this.open || f.pins > 0 || !isWanted(f)) continue;
      if (!this.#handOver(f) && !this.#cutLastFrame(f, reason)) this.#drop(f, reason);
      return true;
    }
    return false;
  }

  /** Leaves of the oldest fragment that has more only the first frame, or what is being read. */
  #thinFirst(reason: DropReason): boolean {
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      if (f === this.open || f.pins > 0) continue;
      // Small fragments share their chunks: to thin them makes no room.
      const isForRoom = reason === 'storage-full';
      if (isForRoom && !this.#memory.frees(f, f.frameEnds?.[0] ?? f.byteLength)) continue;
      if (!this.#cutLastFrame(f, reason)) continue;
      while (this.#cutLastFrame(f, reason)) {
        // Each turn takes one.
      }
      return true;
    }
    return false;
  }

  /**
   * Gives the oldest complete fragment that nobody holds on to away, though there is room for it.
   * @returns `refused`: it cannot be taken now; `none`: there is none
   */
  handOverOldest(): 'taken' | 'refused' | 'none' {
    for (let f = this.#row.oldest; f !== undefined; f = this.#row.firstFrom(f.index + 1)) {
      if (!f.complete || f.pins > 0) continue;
      return this.#handOver(f) ? 'taken' : 'refused';
    }
    return 'none';
  }

  #handOver(fragment: HeldFragment): boolean {
    const { overflow } = this.#options;
    if (overflow === undefined || !fragment.complete) return false;
    if (!overflow.take(fragment, () => this.#memory.copy(fragment))) return false;
    this.#leave(fragment, 'spooled');
    this.onChange?.();
    return true;
  }

  /** Drops the fragment being written, when nothing else is left to drop. */
  evictOpen(): boolean {
    const fragment = this.open;
    if (fragment === undefined || fragment.pins > 0 || fragment.byteLength === 0) return false;
    this.#drop(fragment, 'storage-full');
    return true;
  }

  roomMade(): void {
    this.#space.released();
  }

  #isFarAhead(): boolean {
    const { aheadBytes } = this;
    // What is held is looked at first, since that is the cheaper question.
    if (this.mayDrop || this.#byteLength <= aheadBytes) return false;
    return this.#position.completeBytes() > aheadBytes;
  }

  /** In half of what may be ahead there is room for more than a frame. */
  #wasRead(): void {
    if (!this.#waitsForReader || this.#position.completeBytes() > this.aheadBytes / 2) return;
    this.roomMade();
  }

  #isOverBounds(): boolean {
    const { maxFrames, maxFragments, bufferDurationNs } = this.#options;
    const begun = this.open === undefined ? 1 : 0;
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

  /** Makes what was written since the last commit part of the fragment. */
  #take(fragment: HeldFragment): void {
    const byteLength = this.#memory.written(fragment);
    this.#byteLength += byteLength - fragment.byteLength;
    fragment.byteLength = byteLength;
  }

  #drop(fragment: HeldFragment, reason: DropReason): void {
    const wasOpen = fragment === this.open;
    if (wasOpen) {
      fragment.complete = true;
      this.open = undefined;
    }
    this.#leave(fragment, 'dropped');
    this.#drops.whole(fragment, reason);
    this.onChange?.();
  }

  /** With the frame policy: the last frame of a complete fragment that was not read yet. */
  #cutLastFrame(fragment: HeldFragment, reason: DropReason): boolean {
    const ends = fragment.frameEnds;
    if (ends === undefined || fragment.frameCount <= 1 || fragment.wasReceived) return false;
    const end = ends[ends.length - 2] as number;
    if (end < fragment.readEnd) return false;
    ends.pop();
    this.#byteLength -= fragment.byteLength - end;
    this.#frameCount -= 1;
    const durationNs = fragment.durationNs / BigInt(fragment.frameCount);
    this.#durationNs -= durationNs;
    fragment.endNs -= durationNs;
    fragment.frameCount -= 1;
    fragment.byteLength = end;
    fragment.endsWithEofr = false;
    if (this.#memory.cut(fragment)) this.#store.released();
    this.#drops.lastFrame(fragment, reason);
    return true;
  }

  #leave(fragment: HeldFragment, life: 'settled' | 'dropped' | 'spooled'): void {
    fragment.life = life;
    if (fragment.wasReceived) this.#receivedCount -= 1;
    this.#byteLength -= fragment.byteLength;
    this.#frameCount -= fragment.frameCount;
    this.#durationNs -= fragment.durationNs;
    if (this.open === fragment) this.open = undefined;
    this.#row.trim();
    this.#releaseMemory(fragment);
    this.#wasRead();
    this.#options.onLeave?.();
  }

  #releaseMemory(fragment: HeldFragment): void {
    if (fragment.pins > 0 || fragment.released) return;
    fragment.released = true;
    if (this.#memory.free(fragment)) this.#store.released();
  }
}
