import type { Segment } from './entry.ts';
import type { EntryList } from './entry-list.ts';
import type { SpoolFiles } from './spool-files.ts';

/** The segment that can go for room: one without fragments, else the oldest that nobody reads. */
export function oldestUnused(files: SpoolFiles, row: EntryList): Segment | undefined {
  for (const segment of files.segments) {
    if (segment.entries.size === 0) return segment;
  }
  for (const { at } of row.values()) {
    if (at === undefined) continue;
    const isUsed = [...at.segment.entries].some(({ isInUse }) => isInUse);
    if (!isUsed) return at.segment;
  }
  return undefined;
}
