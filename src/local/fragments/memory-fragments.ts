import type { Clock } from '../../runtime/clock.ts';
import type { StreamRecord } from '../data-folder/stream-record.ts';
import { compareFragmentNumbers, FragmentNumbers } from './fragment-number.ts';
import type { FragmentRecord, NewFragment } from './fragment-record.ts';
import { Listeners } from './listeners.ts';
import { overlaps, type PartSummary, rangeOf, summaryOf } from './part-summary.ts';
import { replacedNumbers } from './replaced.ts';
import { BUFFER_BYTES, keptFromMs } from './retention.ts';
import type { FragmentTotals, FragmentWindow, StreamFragments } from './stream-fragments.ts';

/** How many fragments `recent` has, and a summary is about. */
const RECENT = 40;
const PART = 1024;

/** Memory for the media of all streams of a service together. */
export class MediaMemory {
  readonly #maxBytes: number;
  readonly #streams = new Set<MemoryFragments>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  join(fragments: MemoryFragments): void {
    this.#streams.add(fragments);
  }

  leave(fragments: MemoryFragments): void {
    this.#streams.delete(fragments);
  }

  /** Counts bytes that came or went; when there are too many, the oldest fragments of all go. */
  count(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      let oldest: MemoryFragments | undefined;
      for (const stream of this.#streams) {
        if (stream.oldestMs < (oldest?.oldestMs ?? Number.POSITIVE_INFINITY)) oldest = stream;
      }
      if (oldest === undefined) return;
      oldest.dropOldest();
    }
  }
}

type Kept = { readonly record: FragmentRecord; readonly bytes: Buffer };

/** The fragments of one stream in memory: nothing is written, and nothing outlives the service. */
export class MemoryFragments implements StreamFragments {
  readonly #record: StreamRecord;
  readonly #clock: Clock;
  readonly #memory: MediaMemory;
  readonly #numbers = new FragmentNumbers();
  readonly #listeners = new Listeners();
  readonly #replacedBy = new Map<string, string>();
  /** Sorted by number. */
  #kept: Kept[] = [];
  #bytes = 0;

  constructor(record: StreamRecord, clock: Clock, memory: MediaMemory) {
    this.#record = record;
    this.#clock = clock;
    this.#memory = memory;
    memory.join(this);
  }

  async ready(): Promise<void> {}

  nextNumber(): string {
    return this.#numbers.next(this.#clock.nowMs());
  }

  get newest(): FragmentRecord | undefined {
    return this.#kept.at(-1)?.record;
  }

  get totals(): FragmentTotals {
    return { fragments: this.#kept.length, bytes: this.#bytes };
  }

  get recent(): readonly FragmentRecord[] {
    return this.#kept.slice(-RECENT).map(({ record }) => record);
  }

  /** When the oldest fragment arrived, epoch ms; Infinity when there is none. */
  get oldestMs(): number {
    return this.#kept[0]?.record.serverTimestampMs ?? Number.POSITIVE_INFINITY;
  }

  summaries(window: FragmentWindow = {}): readonly PartSummary[] {
    const records = this.#within(window);
    const summaries: PartSummary[] = [];
    for (let from = 0; from < records.length; from += PART) {
      const summary = summaryOf(records.slice(from, from + PART));
      if (summary !== undefined) summaries.push(summary);
    }
    return summaries;
  }

  async *select(window: FragmentWindow = {}): AsyncGenerator<FragmentRecord> {
    yield* this.#within(window);
  }

  async get(number: string): Promise<FragmentRecord | undefined> {
    return this.#find(number)?.record;
  }

  async after(number: string | undefined): Promise<FragmentRecord | undefined> {
    if (number === undefined) return this.#kept[0]?.record;
    return this.#kept[this.#placeOf(number)]?.record;
  }

  async fromEnd(count: number): Promise<FragmentRecord | undefined> {
    return this.#kept.at(-1 - count)?.record;
  }

  async current(number: string): Promise<FragmentRecord | undefined> {
    let wanted: string | undefined = number;
    while (wanted !== undefined) {
      const kept = this.#find(wanted);
      if (kept !== undefined) return kept.record;
      wanted = this.#replacedBy.get(wanted);
    }
    return undefined;
  }

  async read({ number }: FragmentRecord): Promise<Buffer> {
    const kept = this.#find(number);
    if (kept === undefined) throw new Error(`The fragment ${number} is gone`);
    return kept.bytes;
  }

  async persist(fragment: NewFragment, keepDuplicates: boolean): Promise<FragmentRecord> {
    const { head, body, ...rest } = fragment;
    const bytes = Buffer.concat([...head, ...body]);
    const copies = keepDuplicates
      ? []
      : this.#kept.filter(
          ({ record }) => record.producerTimestampMs === fragment.producerTimestampMs,
        );
    const record: FragmentRecord = {
      ...rest,
      clusterOffset: head.reduce((sum, part) => sum + part.byteLength, 0),
      bytes: bytes.length,
      replaced: replacedNumbers(copies.map((old) => old.record)),
    };
    for (const old of record.replaced) this.#replacedBy.set(old, record.number);
    this.#drop((kept) => copies.includes(kept));
    this.#kept.splice(this.#placeOf(record.number), 0, { record, bytes });
    this.#bytes += bytes.length;
    this.#memory.count(bytes.length);
    this.notify();
    return record;
  }

  /** Makes room for other fragments. */
  dropOldest(): void {
    const [oldest] = this.#kept;
    this.#drop((kept) => kept === oldest);
  }

  async enforceRetention(): Promise<void> {
    const { retentionHours } = this.#record;
    const fromMs = keptFromMs(retentionHours, this.#clock.nowMs());
    const before = this.#kept.length;
    this.#drop(({ record }) => record.serverTimestampMs < fromMs);
    while (retentionHours === 0 && this.#bytes > BUFFER_BYTES) this.dropOldest();
    if (this.#kept.length < before) this.notify();
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  notify(): void {
    this.#listeners.call();
  }

  async close(): Promise<void> {
    this.#drop(() => true);
    this.#memory.leave(this);
  }

  async discard(): Promise<void> {
    await this.close();
  }

  #drop(isGone: (kept: Kept) => boolean): void {
    const kept = this.#kept.filter((each) => !isGone(each));
    const gone = this.#kept.filter(isGone);
    if (gone.length === 0) return;
    this.#kept = kept;
    const bytes = gone.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#bytes -= bytes;
    this.#memory.count(-bytes);
    // Of copies that were replaced, the numbers are known as long as the one in their place is.
    for (const { record } of gone) {
      for (const old of record.replaced) {
        if (this.#replacedBy.get(old) === record.number) this.#replacedBy.delete(old);
      }
    }
  }

  #within({ origin = 'PRODUCER_TIMESTAMP', fromMs, untilMs, after }: FragmentWindow) {
    return this.#kept
      .slice(after === undefined ? 0 : this.#placeOf(after))
      .map(({ record }) => record)
      .filter((record) => overlaps(rangeOf(record, origin), fromMs, untilMs));
  }

  #find(number: string): Kept | undefined {
    const kept = this.#kept[this.#placeOf(number) - 1];
    return kept?.record.number === number ? kept : undefined;
  }

  /** Place behind the last fragment with this number or a smaller one. */
  #placeOf(number: string): number {
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const kept = this.#kept[middle];
      if (kept && compareFragmentNumbers(kept.record.number, number) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
