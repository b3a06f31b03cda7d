import { ChunkPool, PRESSURE_FREE_RATIO } from './chunk-pool.ts';
import type { SharedStore, StoreUser } from './shared-store.ts';
import { StreamView } from './stream-view.ts';
import type { ViewOptions } from './view-options.ts';

/**
 * The content store: storage-size bytes for all streams of a producer. Streams see it through
 * views; none owns a fixed part, but one that uses more than its fair share gives way first.
 */
export class ContentStore implements SharedStore {
  readonly pool: ChunkPool;
  readonly #views = new Set<StoreUser>();
  releases = 0;

  /** @param onShrunk told the new size when the system has no memory for all of it */
  constructor(sizeBytes: number, onShrunk?: (sizeBytes: number) => void) {
    this.pool = new ChunkPool(sizeBytes, onShrunk);
  }

  /** With no more free chunks than these it is time to say so. */
  get pressureChunks(): number {
    return this.pool.chunkCount * PRESSURE_FREE_RATIO;
  }

  get sizeBytes(): number {
    return this.pool.sizeBytes;
  }

  get freeBytes(): number {
    return this.pool.freeBytes;
  }

  get allocatedBytes(): number {
    return this.pool.sizeBytes - this.pool.freeBytes;
  }

  /** A view for one stream; `close` it when the stream is gone. */
  openView(options: ViewOptions): StreamView {
    const view = new StreamView(this, options);
    this.#views.add(view);
    return view;
  }

  forget(view: StoreUser): void {
    this.#views.delete(view);
  }

  allowance(view: StoreUser): number {
    if (view.mayDrop) return this.pool.chunkCount;
    let droppable = 0;
    for (const other of this.#views) if (other.mayDrop) droppable += 1;
    return Math.floor((this.pool.chunkCount * (this.#views.size - droppable)) / this.#views.size);
  }

  /**
   * Drops one fragment to make room for `view`: its own oldest, unless another stream uses more
   * than its fair share while this one does not. An offline view never gives way itself. False
   * when there is nothing left to drop.
   */
  evictFor(view: StoreUser): boolean {
    const share = this.pool.chunkCount / this.#views.size;
    if (view.mayDrop && view.chunksInUse >= share && view.evictOldest()) return true;
    if (view.chunksInUse < share) {
      for (const other of this.#byUse()) {
        if (other === view || !other.mayDrop || other.chunksInUse <= share) continue;
        if (other.evictOldest()) return true;
      }
    }
    return view.mayDrop && (view.evictOldest() || view.evictOpen());
  }

  released(): void {
    this.releases += 1;
    for (const view of this.#views) view.roomMade();
  }

  #byUse(): StoreUser[] {
    return [...this.#views].sort((a, b) => b.chunksInUse - a.chunksInUse);
  }
}
