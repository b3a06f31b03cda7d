import type { ChunkPool } from './chunk-pool.ts';

/** One of the streams that share a content store, as the store sees it. */
export interface StoreUser {
  /** False: never drops, and is refused room instead. */
  readonly mayDrop: boolean;
  readonly chunksInUse: number;
  /** Drops its oldest complete fragment. False when there is none. */
  evictOldest(): boolean;
  /** Drops the fragment that is being written. False when there is none that may go. */
  evictOpen(): boolean;
  /** Chunks became free. */
  roomMade(): void;
}

/** The content store as one of its users sees it. */
export interface SharedStore {
  readonly pool: ChunkPool;
  /** Counts releases, so that a refused writer can tell whether anything changed since. */
  readonly releases: number;
  /** Chunks that `user` may have in use: all but the fair shares of those it must not push out. */
  allowance(user: StoreUser): number;
  /** Drops one fragment to make room for `user`. False when there is nothing left to drop. */
  evictFor(user: StoreUser): boolean;
  /** Chunks became free. */
  released(): void;
  /** `user` is closed. */
  forget(user: StoreUser): void;
}
