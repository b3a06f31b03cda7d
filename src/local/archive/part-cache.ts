import type { Part, PartContents } from './part.ts';

/** Fragments whose records are held at once, of all streams together: about 5 MB. */
const MAX_ENTRIES = 8192;

/** A change that was made to a part on the disk. */
type Change = (contents: PartContents) => void;

/** The parts' contents that were read last; the others are read again when they are needed. */
export class PartCache {
  readonly #maxEntries: number;
  /** Used longest ago first. */
  readonly #held = new Map<Part, PartContents>();
  readonly #loading = new Map<Part, { contents: Promise<PartContents>; changes: Change[] }>();

  constructor(maxEntries = MAX_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  /** The contents of a part, read if need be. */
  get(part: Part, load: (part: Part) => Promise<PartContents>): Promise<PartContents> {
    const held = this.#held.get(part);
    if (held !== undefined) {
      this.#held.delete(part);
      this.#held.set(part, held);
      return Promise.resolve(held);
    }
    const loading = this.#loading.get(part);
    if (loading !== undefined) return loading.contents;
    const changes: Change[] = [];
    const contents = load(part).then(
      (loaded) => {
        // What was written meanwhile may have been read, or not: changes may be made twice.
        for (const change of changes) change(loaded);
        this.#hold(part, loaded);
        return loaded;
      },
      (error: unknown) => {
        this.#loading.delete(part);
        throw error;
      },
    );
    this.#loading.set(part, { contents, changes });
    return contents;
  }

  /** The contents of a part, if they are in memory. */
  peek(part: Part): PartContents | undefined {
    return this.#held.get(part);
  }

  /** Has what is in memory follow what was written. */
  change(part: Part, change: Change): void {
    const held = this.#held.get(part);
    if (held !== undefined) change(held);
    else this.#loading.get(part)?.changes.push(change);
  }

  /** Forgets a part. */
  drop(part: Part): void {
    this.#held.delete(part);
    this.#loading.delete(part);
  }

  #hold(part: Part, contents: PartContents): void {
    // Dropped while it was being read: what was read is not true any more.
    if (!this.#loading.delete(part)) return;
    this.#held.set(part, contents);
    let total = 0;
    for (const { entries } of this.#held.values()) total += entries.length;
    for (const [oldest, { entries }] of this.#held) {
      if (total <= this.#maxEntries || oldest === part) break;
      this.#held.delete(oldest);
      total -= entries.length;
    }
  }
}
