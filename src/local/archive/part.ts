import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { type PartSummary, summaryOf, withFragment } from '../fragments/part-summary.ts';

/** A fragment of a part. */
export type PartEntry = {
  readonly record: FragmentRecord;
  /**
   * Where it begins in the part's media; undefined for one with a file of its own, as earlier
   * versions wrote them.
   */
  readonly at: number | undefined;
};

/** The fragments of a part, once its index has been read. */
export type PartContents = {
  /** Sorted by number. */
  readonly entries: PartEntry[];
  /** Number of a copy that went → that of the one which took its place. */
  readonly replacedBy: Map<string, string>;
};

/** What a part was like when it was last written to; a line of its day's summary. */
export type PartState = {
  /** Smallest number that it was ever given: fragments from there on belong to it. */
  readonly from: string;
  /** Server time of its first fragment, and the latest of all that it was ever given, epoch ms. */
  readonly startMs: number;
  readonly lastMs: number;
  /** Fragments that it was ever given. */
  readonly added: number;
  /** Whether they came in the order of their numbers; earlier versions did not note it. */
  readonly isOrdered?: boolean;
  /** Sum of the `looseMark`s of fragments that have files of their own. */
  readonly loose: number;
  readonly mediaBytes: number;
  readonly indexBytes: number;
  /** Absent when all fragments are gone. */
  readonly summary?: PartSummary;
};

/** A part that nothing was written to yet. */
export function newState(from: string, startMs: number): PartState {
  const bytes = { mediaBytes: 0, indexBytes: 0 };
  return { from, startMs, lastMs: startMs, added: 0, isOrdered: true, loose: 0, ...bytes };
}

/**
 * Part of a stream: two files in the folder of its day, one with the fragments' media one after the
 * other and one with their records. All of it that stays in memory is this.
 */
export class Part {
  /** Path of its files without extension. */
  readonly path: string;
  readonly day: string;
  readonly name: string;
  state: PartState;
  /** Whether the day's summary has the state. */
  isSealed: boolean;
  /** Fragments that arrived earlier are over: the retention period has passed them. */
  keepFromMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, day: string, name: string, state: PartState, isSealed: boolean) {
    this.path = path;
    this.day = day;
    this.name = name;
    this.state = state;
    this.isSealed = isSealed;
  }

  get summary(): PartSummary | undefined {
    return this.state.summary;
  }

  get mediaFile(): string {
    return `${this.path}.mkv`;
  }

  get indexFile(): string {
    return `${this.path}.ndjson`;
  }

  /** Counts a fragment in that was written. */
  noteAdded({ record, at }: PartEntry): void {
    const { state } = this;
    const { from, lastMs, added, isOrdered = false, loose, summary } = state;
    this.state = {
      ...state,
      from: compareFragmentNumbers(record.number, from) < 0 ? record.number : from,
      lastMs: Math.max(lastMs, record.serverTimestampMs),
      added: added + 1,
      isOrdered: isOrdered && (!summary || compareFragmentNumbers(record.number, summary.last) > 0),
      loose: at === undefined ? loose + looseMark(record.number) : loose,
      summary: withFragment(summary, record),
    };
  }

  /** Takes over what is left of its fragments. */
  noteContents({ entries }: PartContents): void {
    const { summary: _gone, ...state } = this.state;
    const summary = summaryOf(entries.map(({ record }) => record));
    const loose = entries.reduce(
      (sum, { at, record }) => sum + (at === undefined ? looseMark(record.number) : 0),
      0,
    );
    this.state = { ...state, loose, ...(summary === undefined ? {} : { summary }) };
  }
}

/**
 * A number of 32 bits made of a fragment's: whether a folder holds the files of these fragments and
 * no others is told by the sum, without a list of hundreds of thousands.
 */
export function looseMark(number: string): number {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (const digit of number) hash = Math.imul(hash ^ digit.charCodeAt(0), 0x01000193);
  return (hash >>> 0) + 1;
}

/** Puts an entry into its place; nearly always that is the end. Twice is as good as once. */
export function insertEntry(contents: PartContents, entry: PartEntry): void {
  const { entries, replacedBy } = contents;
  const { number, replaced } = entry.record;
  const at = firstAbove(entries, number);
  if (entries[at - 1]?.record.number === number) entries[at - 1] = entry;
  else entries.splice(at, 0, entry);
  for (const old of replaced) removeEntry(contents, old, number);
  for (const old of replaced) replacedBy.set(old, number);
}

/** Takes an entry out. */
export function removeEntry(contents: PartContents, number: string, by?: string): void {
  const at = firstAbove(contents.entries, number) - 1;
  if (contents.entries[at]?.record.number === number) contents.entries.splice(at, 1);
  if (by !== undefined) contents.replacedBy.set(number, by);
}

/** The entry with a number. */
export function findEntry({ entries }: PartContents, number: string): PartEntry | undefined {
  const entry = entries[firstAbove(entries, number) - 1];
  return entry?.record.number === number ? entry : undefined;
}

/** Place of the first entry whose number is larger. */
export function firstAbove(entries: readonly PartEntry[], number: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && compareFragmentNumbers(entry.record.number, number) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
