import type { Entry } from './entry.ts';
import { setTimecode } from './fragments.ts';
import type { SpoolFiles } from './spool-files.ts';

/**
 * Brings fragments back into memory: the one that is sent, and the next one while that goes. What
 * nobody reads does not stay.
 */
export class Loader {
  readonly #files: () => SpoolFiles | undefined;
  readonly #onLoaded: () => void;
  readonly #onDamaged: (entry: Entry) => void;
  #ahead: Entry | undefined;

  constructor(options: {
    files: () => SpoolFiles | undefined;
    onLoaded: () => void;
    /** It cannot be read. */
    onDamaged: (entry: Entry) => void;
  }) {
    this.#files = options.files;
    this.#onLoaded = options.onLoaded;
    this.#onDamaged = options.onDamaged;
  }

  /** Somebody reads this one. */
  want(entry: Entry): void {
    void this.#load(entry);
  }

  /** This one may be read next. */
  expect(entry: Entry | undefined): void {
    if (this.#ahead !== entry && this.#ahead !== undefined) this.unload(this.#ahead);
    this.#ahead = entry;
    if (entry !== undefined) void this.#load(entry);
  }

  /** Nobody reads it any more: it is on the disk. */
  unload(entry: Entry): void {
    if (entry.place.kind === 'loaded' && entry.pins === 0) {
      entry.place = { kind: 'stored', at: entry.place.at };
    }
  }

  async #load(entry: Entry): Promise<void> {
    const files = this.#files();
    if (entry.place.kind !== 'stored' || files === undefined) return;
    const { at } = entry.place;
    const loading = { kind: 'loading', at } as const;
    entry.place = loading;
    const bytes = await files.load(at).catch(() => undefined);
    // Settled or dropped meanwhile.
    if (entry.place !== loading) return;
    if (bytes === undefined) {
      this.#onDamaged(entry);
      return;
    }
    setTimecode(bytes, entry.fragment);
    entry.place = { kind: 'loaded', at, bytes };
    if (entry.pins === 0 && entry !== this.#ahead) this.unload(entry);
    this.#onLoaded();
  }
}
