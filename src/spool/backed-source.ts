import type { DropReason, FragmentSource, StoredFragment } from '../storage/stored-fragment.ts';
import type { StreamView } from '../storage/stream-view.ts';
import type { SpoolPolicy } from './settings.ts';
import type { Spool } from './spool.ts';

/**
 * A stream's fragments in memory and those in its spool as one row. A fragment keeps its place in
 * it when it moves to the disk: whoever sends it does not see that.
 */
export class BackedSource implements FragmentSource {
  readonly #view: StreamView;
  readonly #spool: Spool;
  readonly #policy: SpoolPolicy;

  constructor(view: StreamView, spool: Spool, policy: SpoolPolicy) {
    this.#view = view;
    this.#spool = spool;
    this.#policy = policy;
  }

  get onChange(): (() => void) | undefined {
    return this.#view.onChange;
  }

  set onChange(listener: (() => void) | undefined) {
    this.#view.onChange = listener;
    this.#spool.onChange = listener;
  }

  get oldest(): StoredFragment | undefined {
    return older(this.#view.oldest, this.#spool.oldest);
  }

  get newest(): StoredFragment | undefined {
    const [held, spooled] = [this.#view.newest, this.#spool.newest];
    if (held === undefined || spooled === undefined) return held ?? spooled;
    return held.index > spooled.index ? held : spooled;
  }

  get liveFrom(): number | undefined {
    if (this.#policy === 'ordered' || this.#spool.oldest === undefined) return undefined;
    return this.#view.newest?.index;
  }

  get(index: number): StoredFragment | undefined {
    return this.#view.get(index) ?? this.#spool.get(index);
  }

  firstFrom(index: number): StoredFragment | undefined {
    return older(this.#view.firstFrom(index), this.#spool.firstFrom(index));
  }

  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined {
    return this.#levelOf(fragment).read(fragment, offset, maxBytes);
  }

  pin(fragment: StoredFragment): void {
    this.#levelOf(fragment).pin(fragment);
  }

  unpin(fragment: StoredFragment): void {
    this.#levelOf(fragment).unpin(fragment);
  }

  settle(fragment: StoredFragment): void {
    // One that was dropped in flight is nowhere any more, and counted where it was dropped.
    this.#view.settle(fragment);
    this.#spool.settle(fragment);
  }

  markReceived(fragment: StoredFragment): void {
    this.#levelOf(fragment).markReceived(fragment);
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    this.#levelOf(fragment).reject(fragment, reason);
  }

  abandon(fragment: StoredFragment): void {
    this.#view.abandon(fragment);
    this.#spool.abandon(fragment);
  }

  #levelOf(fragment: StoredFragment): StreamView | Spool {
    return this.#spool.has(fragment) ? this.#spool : this.#view;
  }
}

function older(
  a: StoredFragment | undefined,
  b: StoredFragment | undefined,
): StoredFragment | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.index < b.index ? a : b;
}
