import type { FragmentRecord } from './fragment-record.ts';

/** Lines of a stream's `index.ndjson`, which is only ever appended to. */
type IndexLine = { readonly add: FragmentRecord } | { readonly remove: string };

/** The line for a new fragment, which also takes away those it replaces. */
export function addLine(record: FragmentRecord): string {
  return `${JSON.stringify({ add: record } satisfies IndexLine)}\n`;
}

/** The line for a fragment that is gone. */
export function removeLine(number: string): string {
  return `${JSON.stringify({ remove: number } satisfies IndexLine)}\n`;
}

/**
 * Reads an index. A line that is damaged is left out: the last one, which a crash cut short, is
 * about a fragment that was not acknowledged as persisted.
 */
export function readIndex(text: string): Map<string, FragmentRecord> {
  const records = new Map<string, FragmentRecord>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('add' in entry) {
      for (const number of entry.add.replaced) records.delete(number);
      records.set(entry.add.number, entry.add);
    } else {
      records.delete(entry.remove);
    }
  }
  return records;
}

function parseLine(line: string): IndexLine | undefined {
  try {
    const entry = JSON.parse(line) as Partial<{ add: Partial<FragmentRecord>; remove: string }>;
    if (typeof entry?.remove === 'string') return { remove: entry.remove };
    const add = entry?.add;
    const isWhole =
      /^\d{1,128}$/.test(add?.number ?? '') &&
      Number.isFinite(add?.bytes) &&
      Number.isFinite(add?.producerTimestampMs) &&
      Number.isFinite(add?.serverTimestampMs) &&
      Array.isArray(add?.replaced);
    return isWhole ? { add: add as FragmentRecord } : undefined;
  } catch {
    return undefined;
  }
}
