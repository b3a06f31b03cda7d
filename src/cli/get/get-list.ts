import type { KinesisVideoConsumer } from '../../consumer/consumer.ts';
import type { ArchiveRange, ListedFragment } from '../../consumer/consumer-options.ts';
import type { MatroskaTag } from '../../matroska/tags.ts';
import { EXIT } from '../process/exit-codes.ts';
import { type Column, printJson, tableOf } from '../process/table.ts';
import type { GetOptions } from './get-options.ts';

/** Shorter pauses are no gap: a fragment's length need not count its last frame. */
const LEAST_GAP_MS = 1_000;

const COLUMNS: readonly Column[] = [
  { heading: 'FRAGMENT' },
  { heading: 'PRODUCER TIME' },
  { heading: 'SERVER TIME' },
  { heading: 'SECONDS', align: 'right' },
  { heading: 'BYTES', align: 'right' },
  { heading: 'GAP BEFORE', align: 'right' },
];

/** A stored fragment, and what is missing in front of it. */
export type ListEntry = ListedFragment & {
  /** Between the end of the fragment before and this one, where it is more than a second. */
  readonly gapBeforeMs: number | undefined;
  /** Where they were asked for. */
  readonly tags?: readonly MatroskaTag[] | undefined;
};

/** `kvs-launch get --list`: what is stored of a range, with the gaps in it. */
export async function getList(
  consumer: KinesisVideoConsumer,
  range: ArchiveRange,
  { count = Number.POSITIVE_INFINITY, tags: withTags = false, json = false }: GetOptions,
): Promise<number> {
  const fragments: ListedFragment[] = [];
  for await (const fragment of consumer.fragments(range)) {
    if (fragments.length >= count) break;
    fragments.push(fragment);
  }
  const tags = withTags ? await tagsOf(consumer, range, fragments.length) : undefined;
  const entries = withGaps(fragments, range.by).map((entry) =>
    tags === undefined ? entry : { ...entry, tags: tags.get(entry.number) ?? [] },
  );
  if (json) printJson(entries);
  else if (entries.length === 0) process.stderr.write('There is no fragment.\n');
  else process.stdout.write(table(entries, withTags));
  return EXIT.ok;
}

/** The media has them, no list does. */
async function tagsOf(
  consumer: KinesisVideoConsumer,
  range: ArchiveRange,
  count: number,
): Promise<Map<string, readonly MatroskaTag[]>> {
  const tags = new Map<string, readonly MatroskaTag[]>();
  if (count === 0) return tags;
  for await (const fragment of consumer.archive(range)) {
    tags.set(fragment.number ?? '', fragment.tags);
    if (tags.size >= count) break;
  }
  return tags;
}

/** Says for each fragment what is missing in front of it. */
export function withGaps(
  fragments: readonly ListedFragment[],
  by: ArchiveRange['by'] = 'producer',
): ListEntry[] {
  let endMs: number | undefined;
  return fragments.map((fragment) => {
    const { producerTimestamp, serverTimestamp, durationMs } = fragment;
    const startMs = (by === 'server' ? serverTimestamp : producerTimestamp).getTime();
    const missingMs = endMs === undefined ? 0 : startMs - endMs;
    endMs = Math.max(endMs ?? 0, startMs + durationMs);
    return { ...fragment, gapBeforeMs: missingMs > LEAST_GAP_MS ? missingMs : undefined };
  });
}

function table(entries: readonly ListEntry[], withTags: boolean): string {
  const rows = entries.map((entry) => {
    const { number, producerTimestamp, serverTimestamp, durationMs, bytes, gapBeforeMs } = entry;
    return [
      number,
      producerTimestamp.toISOString(),
      serverTimestamp.toISOString(),
      seconds(durationMs),
      `${bytes}`,
      gapBeforeMs === undefined ? '' : `${seconds(gapBeforeMs)} s`,
      (entry.tags ?? []).map(({ name, value }) => `${name}=${value}`).join(' '),
    ];
  });
  return tableOf(withTags ? [...COLUMNS, { heading: 'TAGS' }] : COLUMNS, rows);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
