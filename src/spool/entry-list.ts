import type { StoredFragment } from '../storage/stored-fragment.ts';
import type { Entry } from './entry.ts';

/** The fragments of a spool in the order of their indices, which need not be without gaps. */
export class EntryList {
  readonly #row: Entry[] = [];
  readonly #byFragment = new Map<StoredFragment, Entry>();
  #byteLength = 0;
  #durationNs = 0n;
  #frameCount = 0;

  get count(): number {
    return this.#row.length;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Media time, gaps not counted. */
  get durationNs(): bigint {
    return this.#durationNs;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  get oldest(): Entry | undefined {
    return this.#row[0];
  }

  get newest(): Entry | undefined {
    return this.#row.at(-1);
  }

  of(fragment: StoredFragment): Entry | undefined {
    return this.#byFragment.get(fragment);
  }

  get(index: number): Entry | undefined {
    const entry = this.firstFrom(index);
    return entry?.fragment.index === index ? entry : undefined;
  }

  firstFrom(index: number): Entry | undefined {
    return this.#row[this.#slot(index)];
  }

  add(entry: Entry): void {
    const { fragment } = entry;
    this.#row.splice(this.#slot(fragment.index), 0, entry);
    this.#byFragment.set(fragment, entry);
    this.#byteLength += fragment.byteLength;
    this.#durationNs += fragment.endNs - fragment.startNs;
    this.#frameCount += fragment.frameCount;
  }

  remove(entry: Entry): void {
    const { fragment } = entry;
    if (!this.#byFragment.delete(fragment)) return;
    this.#row.splice(this.#slot(fragment.index), 1);
    this.#byteLength -= fragment.byteLength;
    this.#durationNs -= fragment.endNs - fragment.startNs;
    this.#frameCount -= fragment.frameCount;
  }

  values(): Iterable<Entry> {
    return this.#row;
  }

  /** Of the first entry with this index or a later one. */
  #slot(index: number): number {
    let [low, high] = [0, this.#row.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#row[middle] as Entry).fragment.index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
