import type { DropReason, StoredFragment } from './stored-fragment.ts';

/** Somebody else's fragments needed the place. */
const FOR_ROOM: ReadonlySet<DropReason> = new Set<DropReason>([
  'storage-full',
  'buffer-duration',
  'spool-full',
  'spool-duration',
]);

/** What a view tells its owner about data that left it without having been settled. */
export type DropNotice = {
  readonly fragment: StoredFragment;
  readonly reason: DropReason;
  /** Frames that went. */
  readonly frames: number;
  /** False when only the fragment's last frame was cut off. */
  readonly isWhole: boolean;
  /** False when the service had said that it has the fragment, even if not that it keeps it. */
  readonly lost: boolean;
};

/**
 * Tells of fragments that had to go. One that is with the kernel as a whole may be acknowledged
 * yet: it counts as dropped only when its session has ended without a word of it.
 */
export class Drops {
  readonly #onDrop: ((notice: DropNotice) => void) | undefined;
  readonly #inDoubt = new Map<StoredFragment, DropReason>();

  constructor(onDrop: ((notice: DropNotice) => void) | undefined) {
    this.#onDrop = onDrop;
  }

  /** The fragment has left the store. */
  whole(fragment: StoredFragment, reason: DropReason): void {
    if (reason !== 'rejected' && fragment.isInFlight) this.#inDoubt.set(fragment, reason);
    else this.#tell(fragment, reason);
  }

  /** The fragment's last frame was cut off before it was read. */
  lastFrame(fragment: StoredFragment, reason: DropReason): void {
    this.#onDrop?.({ fragment, reason, frames: 1, isWhole: false, lost: true });
  }

  /** The service has it after all. */
  settled(fragment: StoredFragment): void {
    this.#inDoubt.delete(fragment);
  }

  /** No acknowledgement will come any more. */
  abandoned(fragment: StoredFragment): void {
    const reason = this.#inDoubt.get(fragment);
    if (reason === undefined) return;
    this.#inDoubt.delete(fragment);
    this.#tell(fragment, reason);
  }

  /** Nobody is interested any more. */
  forget(): void {
    this.#inDoubt.clear();
  }

  #tell(fragment: StoredFragment, reason: DropReason): void {
    const { frameCount: frames, wasReceived } = fragment;
    this.#onDrop?.({
      fragment,
      reason: wasReceived && FOR_ROOM.has(reason) ? 'not-persisted' : reason,
      frames,
      isWhole: true,
      lost: !wasReceived,
    });
  }
}
