import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import {
  insertEntry,
  newState,
  type PartContents,
  type PartEntry,
  type PartState,
  removeEntry,
} from './part.ts';

/** A line of a part's index, which is only ever appended to. */
type IndexLine =
  | { readonly add: FragmentRecord; readonly at?: number }
  /** `by` has the number of the copy that took its place. */
  | { readonly remove: string; readonly by?: string };

/** The line for a new fragment, which also takes away those of the part that it replaces. */
export function addLine({ record, at }: PartEntry): string {
  const line: IndexLine = at === undefined ? { add: record } : { at, add: record };
  return `${JSON.stringify(line)}\n`;
}

/**
 * The line for a fragment that is gone.
 * @param by the number of one in another part that took its place.
 */
export function removeLine(number: string, by?: string): string {
  const line: IndexLine = by === undefined ? { remove: number } : { remove: number, by };
  return `${JSON.stringify(line)}\n`;
}

/** An index as it was read. */
export type ReadPart = {
  readonly contents: PartContents;
  /** Undefined when it names no fragment. */
  readonly state: PartState | undefined;
  /** Numbers of fragments whose media is not there, or not whole. */
  readonly lost: readonly string[];
};

/**
 * Reads a part's index. A line that is damaged is left out: the last one, which a crash cut short,
 * is about a fragment that was not acknowledged as persisted.
 * @param mediaBytes size of the part's media: fragments that it does not hold whole are left out.
 */
export function readPart(index: Buffer, mediaBytes: number): ReadPart {
  const contents: PartContents = { entries: [], replacedBy: new Map() };
  const shared = new Shared();
  const lost = new Set<string>();
  let state: PartState | undefined;
  let largest = '';
  for (const line of wholeLines(index)) {
    if (line === '') continue;
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('remove' in entry) {
      removeEntry(contents, entry.remove, entry.by);
      lost.delete(entry.remove);
      continue;
    }
    const record = shared.share(entry.add);
    const { number, serverTimestampMs: serverMs, bytes } = record;
    const end = entry.at === undefined ? 0 : entry.at + bytes;
    const before: PartState = state ?? newState(number, serverMs);
    const isLargest = compareFragmentNumbers(number, largest) > 0;
    if (isLargest) largest = number;
    state = {
      ...before,
      from: compareFragmentNumbers(number, before.from) < 0 ? number : before.from,
      lastMs: Math.max(before.lastMs, serverMs),
      added: before.added + 1,
      isOrdered: before.isOrdered === true && isLargest,
      mediaBytes: Math.max(before.mediaBytes, Math.min(end, mediaBytes)),
    };
    for (const old of record.replaced) {
      removeEntry(contents, old, number);
      lost.delete(old);
    }
    if (end <= mediaBytes) insertEntry(contents, { record, at: entry.at });
    else lost.add(number);
  }
  return {
    contents,
    state: state && { ...state, indexBytes: index.lastIndexOf('\n') + 1 },
    lost: [...lost],
  };
}

/** The lines one by one: a copy of the whole text would be left for the garbage collector. */
function* wholeLines(index: Buffer): Generator<string> {
  let from = 0;
  for (let end = index.indexOf('\n'); end !== -1; end = index.indexOf('\n', from)) {
    yield index.toString('utf8', from, end);
    from = end + 1;
  }
}

/** A line of an index, checked; undefined for what is damaged. */
export function parseLine(line: string): IndexLine | undefined {
  try {
    const entry = JSON.parse(line) as Partial<{
      add: Partial<FragmentRecord>;
      at: number;
      remove: string;
      by: string;
    }>;
    if (typeof entry?.remove === 'string') {
      return typeof entry.by === 'string'
        ? { remove: entry.remove, by: entry.by }
        : { remove: entry.remove };
    }
    const add = entry?.add;
    const at = entry?.at;
    const isWhole =
      /^\d{1,128}$/.test(add?.number ?? '') &&
      Number.isFinite(add?.bytes) &&
      Number.isFinite(add?.producerTimestampMs) &&
      Number.isFinite(add?.serverTimestampMs) &&
      Array.isArray(add?.replaced) &&
      (at === undefined || (Number.isSafeInteger(at) && at >= 0));
    if (!isWhole) return undefined;
    return at === undefined ? { add: add as FragmentRecord } : { add: add as FragmentRecord, at };
  } catch {
    return undefined;
  }
}

const NONE: readonly string[] = Object.freeze([]);

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/** Holds once what many records have the same: thousands of them are in memory. */
class Shared {
  readonly #texts = new Map<string, string>();
  readonly #tracks = new Map<string, FragmentRecord['tracks']>();

  /** Has a record that was just parsed hold what others have. */
  share(record: Writable<FragmentRecord>): FragmentRecord {
    record.formatId = once(this.#texts, record.formatId, record.formatId);
    record.session = once(this.#texts, record.session, record.session);
    record.tracks = once(this.#tracks, JSON.stringify(record.tracks), record.tracks ?? []);
    if (record.replaced.length === 0) record.replaced = NONE;
    return record;
  }
}

function once<T>(known: Map<string, T>, key: string, value: T): T {
  const first = known.get(key);
  if (first !== undefined) return first;
  known.set(key, value);
  return value;
}
