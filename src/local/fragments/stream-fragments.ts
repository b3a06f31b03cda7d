import type { FragmentRecord, NewFragment } from './fragment-record.ts';
import type { PartSummary } from './part-summary.ts';
import type { TimestampOrigin } from './timestamp-origin.ts';

/** Fragments that are asked for; what is left out does not restrict. */
export type FragmentWindow = {
  /** Which of a fragment's times `fromMs` and `untilMs` mean. Default PRODUCER_TIMESTAMP. */
  readonly origin?: TimestampOrigin;
  /** Epoch ms: fragments that are over by then are left out. */
  readonly fromMs?: number;
  /** Epoch ms: fragments that begin later are left out. */
  readonly untilMs?: number;
  /** Only fragments with a larger number. */
  readonly after?: string;
};

/** What a stream keeps. */
export type FragmentTotals = { readonly fragments: number; readonly bytes: number };

/**
 * The persisted fragments of one stream. Weeks of them may be stored, so nobody gets them all at
 * once: readers ask for a window, and go through it one by one.
 */
export type StreamFragments = {
  /**
   * Resolves when what an earlier run left has been read. All that returns a promise waits for it
   * by itself; what does not knows of no fragments until then.
   * @throws Error when the folder cannot be read.
   */
  ready(): Promise<void>;
  /** Numbers a fragment that has begun; after `ready` only. */
  nextNumber(): string;
  /** The fragment with the largest number. */
  readonly newest: FragmentRecord | undefined;
  readonly totals: FragmentTotals;
  /** The newest fragments, at most 40, oldest first. */
  readonly recent: readonly FragmentRecord[];
  /**
   * What there is, in parts of at most an hour of arrival, oldest first: enough for an overview of
   * weeks, without reading a single record. Times of the parts may overlap.
   */
  summaries(window?: FragmentWindow): readonly PartSummary[];
  /** The fragments of a window, in the order of their numbers. */
  select(window?: FragmentWindow): AsyncIterable<FragmentRecord>;
  get(number: string): Promise<FragmentRecord | undefined>;
  /** The first fragment with a number above `number`; the very first for undefined. */
  after(number: string | undefined): Promise<FragmentRecord | undefined>;
  /** The fragment that `count` newer ones follow; undefined when there are not as many. */
  fromEnd(count: number): Promise<FragmentRecord | undefined>;
  /** A fragment by its number, or by that of an older copy whose place it took. */
  current(number: string): Promise<FragmentRecord | undefined>;
  /**
   * A fragment's bytes, from its EBML header to its last tag.
   * @throws Error when they are gone.
   */
  read(record: FragmentRecord): Promise<Buffer>;
  /**
   * Persists a fragment. Resolves when it would survive a power failure. A fragment that has the
   * producer timestamp of earlier ones takes their place unless `keepDuplicates`: KVS itself stores
   * both and leaves it to playback to prefer the larger number (PlaybackMode of
   * GetHLSStreamingSessionURL); here the older copy goes at once, and `replaced` remembers it.
   */
  persist(fragment: NewFragment, keepDuplicates: boolean): Promise<FragmentRecord>;
  /** Removes what the retention period no longer covers. */
  enforceRetention(): Promise<void>;
  /** Calls `listener` after fragments came or went; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /** Wakes whoever waits for fragments: they came or went, or the stream itself is going. */
  notify(): void;
  /** Finishes what is being written and lets go of all files. */
  close(): Promise<void>;
  /** Takes the opening back for a stream that was not created after all: no media goes. */
  discard(): Promise<void>;
};
