import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { writeFileAtomically } from '../data-folder/atomic-file.ts';
import { codeOf } from '../data-folder/data-folder-error.ts';
import type { StreamRecord } from '../data-folder/stream-record.ts';
import { addLine, readIndex, removeLine } from './fragment-index.ts';
import { compareFragmentNumbers, FragmentNumbers } from './fragment-number.ts';
import type { FragmentRecord, NewFragment } from './fragment-record.ts';
import { expiredFragments } from './retention.ts';
import { forgetSetAside, setAside } from './set-aside.ts';

export type FragmentStoreSettings = {
  readonly folder: string;
  readonly record: StreamRecord;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Beyond this the index is written anew. */
const MAX_STALE_LINES = 10_000;

/**
 * The fragments of one stream on disk: one playable .mkv file each, and an index. A fragment is
 * persisted once its file was synced and renamed and its index line synced; whatever a crash
 * leaves half-way is set aside at the next start.
 */
export class FragmentStore {
  readonly #settings: FragmentStoreSettings;
  /** Sorted by number. */
  #records: FragmentRecord[] = [];
  readonly #byNumber = new Map<string, FragmentRecord>();
  #bytesStored = 0;
  /** Lines of the index that speak of fragments that are gone. */
  #staleLines = 0;
  #numbers = new FragmentNumbers();
  #index: FileHandle | undefined;
  /** One write at a time, in order. */
  #queue: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  constructor(settings: FragmentStoreSettings) {
    this.#settings = settings;
  }

  /** Reads what an earlier run left; what is not whole, or not in the index, is set aside. */
  async open(): Promise<void> {
    const { folder, clock, log } = this.#settings;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = readIndex(await readIfThere(this.#indexFile));
    for (const record of found.values()) {
      const size = await stat(this.path(record.number)).then(
        (file) => file.size,
        () => -1,
      );
      if (size !== record.bytes) found.delete(record.number);
    }
    const unknown: string[] = [];
    for (const name of await readdir(folder)) {
      if (/\.(part|tmp)$/.test(name)) {
        await rm(join(folder, name), { force: true });
      } else if (name.endsWith('.mkv') && !found.has(name.slice(0, -'.mkv'.length))) {
        unknown.push(name);
      }
    }
    if (unknown.length > 0) {
      log.warn(`${unknown.length} files that the index does not name were moved to set-aside/`);
    }
    await setAside(folder, unknown, clock.nowMs());
    await forgetSetAside(folder, clock.nowMs());
    this.#records = [...found.values()].sort((a, b) => compareFragmentNumbers(a.number, b.number));
    for (const record of this.#records) {
      this.#byNumber.set(record.number, record);
      this.#bytesStored += record.bytes;
    }
    this.#numbers = new FragmentNumbers(this.#records.at(-1)?.number);
    await this.#rewriteIndex();
  }

  /** Numbers a fragment that has begun. */
  nextNumber(): string {
    return this.#numbers.next(this.#settings.clock.nowMs());
  }

  /** The file of a fragment. */
  path(number: string): string {
    return join(this.#settings.folder, `${number}.mkv`);
  }

  /** All fragments, oldest number first. */
  list(): readonly FragmentRecord[] {
    return this.#records;
  }

  /** Size of all fragments' files. */
  get bytesStored(): number {
    return this.#bytesStored;
  }

  get(number: string): FragmentRecord | undefined {
    return this.#byNumber.get(number);
  }

  /** The first fragment with a number above `number`; the very first for undefined. */
  after(number: string | undefined): FragmentRecord | undefined {
    if (number === undefined) return this.#records[0];
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record && compareFragmentNumbers(record.number, number) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#records[low];
  }

  /** Calls `listener` after fragments came or went; returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Persists a fragment. Resolves when it would survive a power failure. A fragment that has the
   * producer timestamp of earlier ones takes their place: KVS itself stores both and leaves it to
   * playback to prefer the larger number (PlaybackMode of
   * GetHLSStreamingSessionURL); here the older copy goes
   * at once, and `replaced` remembers it.
   */
  persist(fragment: NewFragment, keepDuplicates: boolean): Promise<FragmentRecord> {
    return this.#enqueue(async () => {
      const { head, body, ...rest } = fragment;
      const duplicates = keepDuplicates ? [] : this.#duplicatesOf(fragment);
      const record: FragmentRecord = {
        ...rest,
        clusterOffset: byteLength(head),
        bytes: byteLength(head) + byteLength(body),
        replaced: duplicates.flatMap((old) => [...old.replaced, old.number]),
      };
      await this.#writeFile(record.number, [...head, ...body]);
      await this.#appendToIndex(addLine(record));
      this.#insert(record);
      await this.#forget(duplicates);
      this.notify();
      return record;
    });
  }

  /** Removes what the retention period no longer covers. */
  enforceRetention(): Promise<void> {
    return this.#enqueue(async () => {
      const { record, clock } = this.#settings;
      const expired = expiredFragments(this.#records, record.retentionHours, clock.nowMs());
      if (expired.length === 0) return;
      await this.#appendToIndex(expired.map((old) => removeLine(old.number)).join(''));
      await this.#forget(expired);
      this.#staleLines += 2 * expired.length;
      if (this.#staleLines > MAX_STALE_LINES) await this.#rewriteIndex();
      this.notify();
    });
  }

  /** Finishes what is being written and lets go of the index. */
  async close(): Promise<void> {
    await this.#queue.catch(() => {});
    await this.#index?.close();
    this.#index = undefined;
  }

  /** Takes `open` back for a stream that was not created after all: nothing that held media goes. */
  async discard(): Promise<void> {
    await this.close();
    if (this.#records.length > 0) return;
    await rm(this.#indexFile, { force: true });
    await rmdir(this.#settings.folder).catch(() => {});
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => {});
    return result;
  }

  #duplicatesOf(fragment: NewFragment): FragmentRecord[] {
    const from = fragment.producerTimestampMs;
    return this.#records.filter((old) => old.producerTimestampMs === from);
  }

  async #writeFile(number: string, parts: Uint8Array[]): Promise<void> {
    const path = this.path(number);
    const part = `${path}.part`;
    try {
      const file = await open(part, 'w', 0o600);
      try {
        const { bytesWritten } = await file.writev(parts);
        if (bytesWritten !== byteLength(parts)) throw new Error(`${path}: the disk is full`);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  get #indexFile(): string {
    return join(this.#settings.folder, 'index.ndjson');
  }

  /** Leaves out what is gone, so that a service that runs for weeks does not fill the disk. */
  async #rewriteIndex(): Promise<void> {
    await this.#index?.close();
    this.#index = undefined;
    await writeFileAtomically(this.#indexFile, this.#records.map(addLine).join(''));
    this.#index = await open(this.#indexFile, 'a', 0o600);
    this.#staleLines = 0;
  }

  async #appendToIndex(lines: string): Promise<void> {
    if (this.#index === undefined) throw new Error('The fragment store is closed');
    await this.#index.appendFile(lines);
    await this.#index.datasync();
  }

  /** Nearly always at the end; sessions that overlap may finish in another order. */
  #insert(record: FragmentRecord): void {
    this.#byNumber.set(record.number, record);
    this.#bytesStored += record.bytes;
    const at = this.#records.findLastIndex(
      (before) => compareFragmentNumbers(before.number, record.number) <= 0,
    );
    this.#records.splice(at + 1, 0, record);
  }

  async #forget(gone: readonly FragmentRecord[]): Promise<void> {
    if (gone.length === 0) return;
    const numbers = new Set(gone.map((record) => record.number));
    this.#records = this.#records.filter((record) => !numbers.has(record.number));
    for (const number of numbers) {
      this.#bytesStored -= this.#byNumber.get(number)?.bytes ?? 0;
      this.#byNumber.delete(number);
      await rm(this.path(number), { force: true });
    }
  }

  /** Wakes whoever waits for fragments: they came or went, or the stream itself is going. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

/** A file's text, empty when it is not there. One that cannot be read is an error, not empty. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
}
