import type {
  DropReason,
  FragmentSource,
  StoredFragment,
} from '../../../storage/stored-fragment.ts';

/** What is asked before a fragment is sent. */
export type FragmentGate = {
  /** Whether the stream has it already. @throws KvsError where nothing can be sent */
  readonly isStored: (fragment: StoredFragment) => Promise<boolean>;
  readonly onSkipped: (fragment: StoredFragment) => void;
  readonly onFailed: (error: unknown) => void;
};

/**
 * A file's fragments, of which the uploader sees those that are whole and that the stream does not
 * have: a file is not waited for by anybody, and a fragment that is broken off by an interruption
 * would be in the way of the rest.
 */
export class WholeFragments implements FragmentSource {
  onChange: (() => void) | undefined;
  readonly #inner: FragmentSource;
  readonly #gate: FragmentGate;
  /** The uploader sees the fragments below this index. */
  #until = 0;
  /** Rejected, and for good, when what is stored cannot be found out. */
  #looking: Promise<void> | undefined;

  /** @param inner takes its changes from now on to this source */
  constructor(inner: FragmentSource, gate: FragmentGate) {
    this.#inner = inner;
    this.#gate = gate;
    inner.onChange = () => this.#onChange();
  }

  get oldest(): StoredFragment | undefined {
    return this.#seen(this.#inner.oldest);
  }

  get newest(): StoredFragment | undefined {
    const newest = this.#inner.newest;
    if (newest === undefined || newest.index < this.#until) return newest;
    let last: StoredFragment | undefined;
    let next = this.oldest;
    while (next !== undefined) {
      last = next;
      next = this.firstFrom(next.index + 1);
    }
    return last;
  }

  get(index: number): StoredFragment | undefined {
    return this.#seen(this.#inner.get(index));
  }

  firstFrom(index: number): StoredFragment | undefined {
    return this.#seen(this.#inner.firstFrom(index));
  }

  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined {
    return this.#inner.read(fragment, offset, maxBytes);
  }

  pin(fragment: StoredFragment): void {
    this.#inner.pin(fragment);
  }

  unpin(fragment: StoredFragment): void {
    this.#inner.unpin(fragment);
  }

  settle(fragment: StoredFragment): void {
    this.#inner.settle(fragment);
  }

  markReceived(fragment: StoredFragment): void {
    this.#inner.markReceived(fragment);
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    this.#inner.reject(fragment, reason);
  }

  abandon(fragment: StoredFragment): void {
    this.#inner.abandon(fragment);
  }

  #seen(fragment: StoredFragment | undefined): StoredFragment | undefined {
    return fragment !== undefined && fragment.index < this.#until ? fragment : undefined;
  }

  #onChange(): void {
    if (this.#looking === undefined && this.#next() !== undefined) {
      const looking = this.#look();
      this.#looking = looking;
      looking.then(
        () => {
          this.#looking = undefined;
          // What has come in the same turn.
          this.#onChange();
        },
        (error: unknown) => this.#gate.onFailed(error),
      );
    }
    this.onChange?.();
  }

  /** The first whole fragment that was not looked at. */
  #next(): StoredFragment | undefined {
    const next = this.#inner.firstFrom(this.#until);
    return next?.complete === true ? next : undefined;
  }

  async #look(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const isStored = await this.#gate.isStored(next);
      if (isStored) {
        this.#gate.onSkipped(next);
        this.#inner.settle(next);
      }
      this.#until = next.index + 1;
      this.onChange?.();
    }
  }

  /** Resolves when every whole fragment was looked at. @throws KvsError what stood in the way */
  async looked(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking;
  }
}

/** A fragment's bytes with the header that goes in front of them. */
export function fragmentBytes(source: FragmentSource, fragment: StoredFragment): Uint8Array {
  const parts = [fragment.format.headerBytes];
  for (let offset = 0; offset < fragment.byteLength; ) {
    const part = source.read(fragment, offset, fragment.byteLength - offset);
    if (part === undefined) break;
    parts.push(part);
    offset += part.length;
  }
  return Buffer.concat(parts);
}

/** When a fragment begins, as the service lists it: epoch ms. */
export function producerTimeMs({ timecode, format }: StoredFragment): number {
  const { timecodeScaleNs } = format.header;
  return Math.round(Number((timecode * BigInt(timecodeScaleNs)) / 1_000n) / 1_000);
}
