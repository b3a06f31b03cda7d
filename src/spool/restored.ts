import { Entry, type Segment } from './entry.ts';
import type { FoundFragment, FoundSpool } from './find-spool.ts';
import { RecoveredFragment } from './fragments.ts';

/** What earlier runs have left, as this run has it. */
export type Restored = {
  /** In the order in which they are to be sent; their indices end with -1. */
  readonly entries: readonly Entry[];
  /** With those of which nothing is wanted any more. */
  readonly segments: readonly Segment[];
};

/** A fragment that was found, and where. */
type Place = {
  readonly segment: Segment;
  readonly fragment: FoundFragment;
  readonly machineStart: string | undefined;
};

/**
 * Makes entries of the fragments that were found. Those of one format follow each other with
 * rising timecodes, as they did when they were made: within a PutMedia session none may go back.
 */
export function restored(found: FoundSpool, arrivedMs: number): Restored {
  const places: Place[] = [];
  const segments: Segment[] = [];
  for (const { sequence, path, cipher, byteLength, machineStart, fragments } of found.segments) {
    const segment: Segment = { sequence, path, cipher, byteLength, entries: new Set() };
    segments.push(segment);
    for (const fragment of fragments) places.push({ segment, fragment, machineStart });
  }
  const entries = inOrder(places).map(({ segment, fragment, machineStart }, at) => {
    const { record, meta, format, retimed } = fragment;
    const { byNs } = retimed;
    const recovered = new RecoveredFragment(at - places.length, meta, { format, byNs, arrivedMs });
    const entry = new Entry(recovered, { kind: 'stored', at: { segment, record } });
    entry.isSafe = true;
    if (byNs !== 0n) entry.retimed = retimed;
    if (machineStart !== undefined && meta.machineStartMs !== undefined) {
      const startMs = meta.machineStartMs + Number(byNs / 1_000_000n);
      entry.clock = { startId: machineStart, startMs };
    }
    segment.entries.add(entry);
    return entry;
  });
  return { entries, segments };
}

/**
 * The order in which the fragments were made. They may have been written in another one, since a
 * fragment that is being sent is written later than those behind it. A clock may have been set in
 * between, so times are compared within one start of the machine only, by its uptime.
 */
function inOrder(places: readonly Place[]): Place[] {
  const formats = groupBy(places, ({ fragment }) => fragment.format);
  const starts = groupBy([...formats.values()], ([first]) => first?.machineStart);
  return [...starts.values()].flatMap((groups) => {
    for (const group of groups) {
      group.sort((a, b) => Number(a.fragment.meta.timecode - b.fragment.meta.timecode));
    }
    const isTimed = groups.every((group) => group.every((place) => uptimeMs(place) !== undefined));
    if (isTimed) groups.sort(([a], [b]) => (uptimeMs(a) ?? 0) - (uptimeMs(b) ?? 0));
    return groups.flat();
  });
}

/** How long the machine ran when the fragment began; undefined where its times are the media's own. */
function uptimeMs(place: Place | undefined): number | undefined {
  if (place?.fragment.meta.machineStartMs === undefined) return undefined;
  const { startNs, machineStartMs } = place.fragment.meta;
  return Number(startNs / 1_000_000n) - machineStartMs;
}

function groupBy<Key, Value>(values: readonly Value[], keyOf: (value: Value) => Key) {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
