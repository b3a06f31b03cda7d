import type { FragmentRecord } from './types.ts';

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
 * Reads an index. A last line that a crash cut short is left out; its fragment was not
 * acknowledged as persisted.
 */
export function readIndex(text: string): Map<string, FragmentRecord> {
  const records = new Map<string, FragmentRecord>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    let entry: IndexLine;
    try {
      entry = JSON.parse(line) as IndexLine;
    } catch {
      continue;
    }
    if ('add' in entry) {
      for (const number of entry.add.replaced) records.delete(number);
      records.set(entry.add.number, entry.add);
    } else {
      records.delete(entry.remove);
    }
  }
  return records;
}
