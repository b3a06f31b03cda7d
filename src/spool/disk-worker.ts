import { KvsError } from '../errors/kvs-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Entry, Segment, StoredPlace } from './entry.ts';
import type { JournalEntry } from './segment-format.ts';
import type { SpoolSync } from './settings.ts';
import type { SpoolFiles } from './spool-files.ts';

/** With spool-sync=interval: how long what was written may wait for it. */
const SYNC_INTERVAL_MS = 1_000;
/** After an error of the disk. */
const RETRY_MS = 2_000;
/** What a fragment takes beside its bytes: heads, the format's record twice. */
export const RECORD_OVERHEAD_BYTES = 8 * 1024;

/** Called from the worker, between two things that it does. */
export type DiskEvents = {
  /** Before a fragment is written: makes room for so many bytes. False: there is none. */
  makeRoom(byteLength: number): Promise<boolean>;
  written(entry: Entry, at: StoredPlace): void;
  /** These outlive what spool-sync says they must. */
  safe(entries: readonly Entry[]): void;
  /** The disk does not do what it should; what is to be written waits. */
  failed(error: unknown): void;
};

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working'; readonly done: Promise<void> }
  /** After an error. */
  | { readonly kind: 'waiting'; readonly timer: Timer };

/**
 * Does what is to be done on the disk, one thing after the other, away from the frames' path: what
 * became of fragments first, for it makes room, then fragments in their order.
 */
export class DiskWorker {
  readonly #files: () => Promise<SpoolFiles>;
  readonly #clock: Clock;
  readonly #sync: SpoolSync;
  readonly #events: DiskEvents;
  readonly #chores: ((files: SpoolFiles) => Promise<void>)[] = [];
  readonly #queue: Entry[] = [];
  #unsynced: Entry[] = [];
  #syncTimer: Timer | undefined;
  #queuedBytes = 0;
  #state: State = { kind: 'idle' };
  #isFailing = false;
  #isSyncDue = false;
  /** Something was written, or is to be, since the last sync. */
  #isDirty = false;
  #isStopped = false;

  /** @param options.files opens the spool; rejects while that is not possible */
  constructor(options: {
    files: () => Promise<SpoolFiles>;
    clock: Clock;
    sync: SpoolSync;
    events: DiskEvents;
  }) {
    this.#files = options.files;
    this.#clock = options.clock;
    this.#sync = options.sync;
    this.#events = options.events;
  }

  /** Bytes of fragments that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The last thing that was tried failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  write(entry: Entry): void {
    this.#queue.push(entry);
    this.#queuedBytes += entry.fragment.byteLength;
    this.#isDirty = true;
    this.#wake();
  }

  mark(segment: Segment, entry: JournalEntry): void {
    this.#chores.push((files) => files.mark(segment, entry));
    this.#isDirty = true;
    this.#armSync();
    this.#wake();
  }

  remove(segment: Segment): void {
    this.#chores.push((files) => files.remove(segment));
    this.#wake();
  }

  /** Resolves when all that was given is on the disk and safe; false where it cannot be. */
  async flush(): Promise<boolean> {
    this.#isSyncDue = this.#isDirty;
    if (this.#state.kind === 'waiting') {
      this.#state.timer.cancel();
      this.#state = { kind: 'idle' };
    }
    this.#wake();
    while (this.#state.kind === 'working') await this.#state.done;
    return !this.#isFailing && this.#queue.length === 0;
  }

  /** Nothing more is begun. */
  stop(): void {
    this.#isStopped = true;
    this.#syncTimer?.cancel();
    if (this.#state.kind === 'waiting') this.#state.timer.cancel();
  }

  #wake(): void {
    if (this.#state.kind !== 'idle' || this.#isStopped) return;
    const done = this.#work().then((isDone) => {
      if (isDone || this.#isStopped) {
        this.#state = { kind: 'idle' };
        // What came while the last thing was done.
        if (this.#hasWork) this.#wake();
        return;
      }
      const timer = this.#clock.after(RETRY_MS, () => {
        this.#state = { kind: 'idle' };
        this.#wake();
      });
      this.#state = { kind: 'waiting', timer };
    });
    this.#state = { kind: 'working', done };
  }

  get #hasWork(): boolean {
    return this.#chores.length > 0 || this.#queue.length > 0 || this.#isSyncDue;
  }

  /** @returns false after an error, when there is more to do */
  async #work(): Promise<boolean> {
    if (!this.#hasWork) return true;
    try {
      const files = await this.#files();
      while (!this.#isStopped && (await this.#step(files))) this.#isFailing = false;
      return true;
    } catch (error) {
      this.#isFailing = true;
      this.#events.failed(error);
      return !this.#hasWork;
    }
  }

  /** Does the next thing; false when there is none. */
  async #step(files: SpoolFiles): Promise<boolean> {
    const chore = this.#chores.shift();
    if (chore !== undefined) {
      await chore(files);
      return true;
    }
    const entry = this.#queue[0];
    if (entry !== undefined) {
      await this.#write(files, entry);
      this.#queue.shift();
      this.#queuedBytes -= entry.fragment.byteLength;
      return true;
    }
    if (!this.#isSyncDue) return false;
    this.#isSyncDue = false;
    await this.#syncNow(files);
    return true;
  }

  async #write(files: SpoolFiles, entry: Entry): Promise<void> {
    // Settled or dropped meanwhile: there is nothing to write.
    if (entry.place.kind !== 'queued') return;
    const { bytes, original } = entry.place;
    if (!(await this.#events.makeRoom(bytes.length + RECORD_OVERHEAD_BYTES))) {
      throw new KvsError('STATUS_WRITE_TO_FILE_FAILED', 'All that is in the spool is being sent');
    }
    const at = await files.write(entry.fragment, original, bytes);
    this.#events.written(entry, at);
    if (this.#sync === 'never') {
      this.#events.safe([entry]);
      return;
    }
    this.#unsynced.push(entry);
    if (this.#sync === 'each-fragment') await this.#syncNow(files);
    else this.#armSync();
  }

  async #syncNow(files: SpoolFiles): Promise<void> {
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
    const entries = this.#unsynced;
    this.#unsynced = [];
    this.#isDirty = false;
    try {
      await files.sync();
    } catch (error) {
      this.#unsynced.unshift(...entries);
      this.#isDirty = true;
      this.#isSyncDue = true;
      throw error;
    }
    if (entries.length > 0) this.#events.safe(entries);
  }

  #armSync(): void {
    if (this.#sync === 'never') return;
    this.#syncTimer ??= this.#clock.after(SYNC_INTERVAL_MS, () => {
      this.#syncTimer = undefined;
      this.#isSyncDue = true;
      this.#wake();
    });
  }
}
