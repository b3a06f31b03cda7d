import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { StreamRecord } from '../data-folder/stream-record.ts';
import { FragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord, NewFragment } from '../fragments/fragment-record.ts';
import { Listeners } from '../fragments/listeners.ts';
import { overlaps, type PartSummary, rangeOf } from '../fragments/part-summary.ts';
import { BUFFER_BYTES, keptFromMs } from '../fragments/retention.ts';
import type {
  FragmentTotals,
  FragmentWindow,
  StreamFragments,
} from '../fragments/stream-fragments.ts';
import { ArchiveWriter, type WriteRequest, type Written } from './archive-writer.ts';
import { openArchive } from './open-archive.ts';
import { findEntry, firstAbove, type Part, type PartContents } from './part.ts';
import type { PartCache } from './part-cache.ts';
import { partLimits } from './part-limits.ts';
import { PartList } from './part-list.ts';
import { readContents, readNewest } from './read-contents.ts';
import { readMedia } from './read-media.ts';
import { RecentFragments } from './recent-fragments.ts';

export type ArchiveSettings = {
  /** Of the stream alone; made when it is not there. */
  readonly folder: string;
  readonly record: StreamRecord;
  /** Shared by all streams. */
  readonly cache: PartCache;
  readonly clock: Clock;
  readonly log: Logger;
};

type Waiting = WriteRequest & {
  readonly resolve: (record: FragmentRecord) => void;
  readonly reject: (error: unknown) => void;
};

/** What is synced together; more has to wait for the next time. */
const MAX_BATCH = 64;

/**
 * The fragments of one stream on disk, in parts (docs/5-inside/archive.md). In memory are what each
 * part holds as a whole, the newest fragments, and the records of the parts that were read last.
 */
export class StreamArchive implements StreamFragments {
  readonly #settings: ArchiveSettings;
  readonly #listeners = new Listeners();
  readonly #recent = new RecentFragments();
  #parts = new PartList();
  #writer: ArchiveWriter | undefined;
  #numbers = new FragmentNumbers();
  #totals: FragmentTotals | undefined;
  #ready: Promise<void> | undefined;
  #waiting: Waiting[] = [];
  /** One write at a time, in order. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(settings: ArchiveSettings) {
    this.#settings = settings;
  }

  ready(): Promise<void> {
    this.#ready ??= this.#open();
    return this.#ready;
  }

  nextNumber(): string {
    return this.#numbers.next(this.#settings.clock.nowMs());
  }

  get newest(): FragmentRecord | undefined {
    return this.#recent.records.at(-1);
  }

  get totals(): FragmentTotals {
    this.#totals ??= this.#parts.totals();
    return this.#totals;
  }

  get recent(): readonly FragmentRecord[] {
    return this.#recent.records;
  }

  summaries(window: FragmentWindow = {}): readonly PartSummary[] {
    return this.#parts.within(window).flatMap(({ summary }) => summary ?? []);
  }

  async *select(window: FragmentWindow = {}): AsyncGenerator<FragmentRecord> {
    const { origin = 'PRODUCER_TIMESTAMP', fromMs, untilMs, after } = window;
    await this.ready();
    const newest = after === undefined ? undefined : this.#recent.above(after);
    if (newest !== undefined) {
      yield* newest.filter((record) => overlaps(rangeOf(record, origin), fromMs, untilMs));
      return;
    }
    for (const part of this.#parts.within(window)) {
      const { entries } = await this.#contentsOf(part);
      const first = after === undefined ? 0 : firstAbove(entries, after);
      // A copy: others may come and go while the caller is at work with one.
      for (const { record } of entries.slice(first)) {
        if (overlaps(rangeOf(record, origin), fromMs, untilMs)) yield record;
      }
    }
  }

  async get(number: string): Promise<FragmentRecord | undefined> {
    return (await this.#find(number))?.entry.record;
  }

  async after(number: string | undefined): Promise<FragmentRecord | undefined> {
    const window = number === undefined ? {} : { after: number };
    for await (const record of this.select(window)) return record;
    return undefined;
  }

  async fromEnd(count: number): Promise<FragmentRecord | undefined> {
    await this.ready();
    const { records } = this.#recent;
    if (count < records.length) return records.at(-1 - count);
    let left = count;
    for (const part of [...this.#parts.all].reverse()) {
      const here = part.summary?.fragments ?? 0;
      if (left < here) {
        const { entries } = await this.#contentsOf(part);
        return entries.at(-1 - left)?.record;
      }
      left -= here;
    }
    return undefined;
  }

  async current(number: string): Promise<FragmentRecord | undefined> {
    await this.ready();
    let wanted = number;
    for (;;) {
      const part = this.#parts.covering(wanted);
      if (part === undefined) return undefined;
      const contents = await this.#contentsOf(part);
      const entry = findEntry(contents, wanted);
      if (entry !== undefined) return entry.record;
      const newer = contents.replacedBy.get(wanted);
      if (newer === undefined) return undefined;
      wanted = newer;
    }
  }

  async read(record: FragmentRecord): Promise<Buffer> {
    const found = this.#recent.find(record.number) ?? (await this.#find(record.number));
    if (found === undefined) throw new Error(`The fragment ${record.number} is gone`);
    return readMedia(this.#settings.folder, found);
  }

  persist(fragment: NewFragment, keepDuplicates: boolean): Promise<FragmentRecord> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ fragment, keepDuplicates, resolve, reject });
      this.#enqueue(() => this.#writeWaiting()).catch(reject);
    });
  }

  enforceRetention(): Promise<void> {
    return this.#enqueue(async () => {
      await this.ready();
      const { record, clock } = this.#settings;
      const fromMs = keptFromMs(record.retentionHours, clock.nowMs());
      let changed = false;
      for (const part of [...this.#parts.all]) {
        const isOver =
          part.state.lastMs < fromMs ||
          (record.retentionHours === 0 &&
            part !== this.#parts.newest &&
            this.#parts.totals().bytes > BUFFER_BYTES);
        if (isOver) await this.#writer?.remove(part);
        changed = isOver || (await this.#trim(part, fromMs)) || changed;
      }
      await this.#writer?.sealIdle();
      if (!changed) return;
      this.#recent.keep(({ part, entry }) => {
        return this.#parts.all.includes(part) && entry.record.serverTimestampMs >= part.keepFromMs;
      });
      this.notify();
    });
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  notify(): void {
    this.#totals = undefined;
    this.#listeners.call();
  }

  async close(): Promise<void> {
    if (this.#ready === undefined) return;
    const closing = this.#enqueue(async () => {
      await this.ready();
      await this.#writer?.close();
      this.#writer = undefined;
    });
    await closing.catch((error: unknown) => {
      this.#settings.log.error(`closing the fragments failed: ${String(error)}`);
    });
  }

  async discard(): Promise<void> {
    await this.close();
    if (this.#parts.all.length > 0) return;
    await rm(join(this.#settings.folder, 'set-aside'), { recursive: true, force: true });
    await rmdir(this.#settings.folder).catch(() => {});
  }

  async #open(): Promise<void> {
    const { folder: path, cache, clock, log } = this.#settings;
    const folder = { path, nowMs: () => clock.nowMs(), log };
    const { parts, recovered } = await openArchive(folder);
    this.#parts = parts;
    const contentsOf = (part: Part): Promise<PartContents> => this.#contentsOf(part);
    const writer = new ArchiveWriter({ folder, parts, cache, contentsOf });
    for (const { part, contents } of recovered) {
      // One that is sealed has changed since it was read: files of its fragments were gone.
      const { entries } = part.isSealed ? await this.#contentsOf(part) : contents;
      // A crash may have come after the newer copies were written, and before the older ones went.
      for (const { record } of [...entries]) {
        if (record.replaced.length > 0) await writer.removeReplaced(record);
      }
    }
    await writer.sealRecovered(recovered.map(({ part }) => part));
    let last: string | undefined;
    for (const { summary, state } of parts.all) last = summary?.last ?? last ?? state.from;
    this.#numbers = new FragmentNumbers(last);
    for (const part of [...parts.all].reverse()) {
      if (part.summary === undefined) continue;
      const entries = (await readNewest(part)) ?? (await this.#contentsOf(part)).entries;
      this.#recent.add(entries.map((entry) => ({ part, entry })));
      break;
    }
    this.#writer = writer;
    this.notify();
  }

  async #find(number: string): Promise<Written | undefined> {
    const recent = this.#recent.find(number);
    if (recent !== undefined) return recent;
    await this.ready();
    const part = this.#parts.covering(number);
    if (part === undefined) return undefined;
    const entry = findEntry(await this.#contentsOf(part), number);
    return entry && { part, entry };
  }

  async #contentsOf(part: Part): Promise<PartContents> {
    const { cache } = this.#settings;
    const contents = await cache.get(part, (each) => readContents(each));
    const counted = part.summary?.fragments ?? 0;
    // Its media is shorter than it was.
    if (cache.peek(part) === contents && contents.entries.length !== counted) {
      part.noteContents(contents);
      this.#totals = undefined;
    }
    return contents;
  }

  async #writeWaiting(): Promise<void> {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    if (batch.length === 0) return;
    let written: readonly Written[];
    try {
      await this.ready();
      if (this.#writer === undefined) throw new Error('The fragments are closed');
      const limits = partLimits(this.#settings.record.retentionHours);
      written = await this.#writer.write(batch, limits);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const gone = new Set(written.flatMap(({ entry }) => entry.record.replaced));
    this.#recent.add(written);
    if (gone.size > 0) this.#recent.keep(({ entry }) => !gone.has(entry.record.number));
    this.notify();
    for (const [i, { entry }] of written.entries()) batch[i]?.resolve(entry.record);
  }

  /** Leaves out of a part what is over; its files go with the rest of it. */
  async #trim(part: Part, fromMs: number): Promise<boolean> {
    const { summary } = part;
    const { retentionHours } = this.#settings.record;
    // The part has to be read for it: not for every single fragment.
    const slackMs = partLimits(retentionHours).spanMs / 60;
    if (summary === undefined || summary.server.fromMs >= fromMs - slackMs) return false;
    part.keepFromMs = fromMs;
    this.#settings.cache.drop(part);
    part.noteContents(await this.#contentsOf(part));
    return true;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => {});
    return result;
  }
}
