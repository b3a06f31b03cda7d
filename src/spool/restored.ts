import type { SessionFormat } from '../storage/stored-fragment.ts';
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

/**
 * Makes entries of the fragments that were found. Those of one format follow each other with
 * rising timecodes, as they did when they were made: within a PutMedia session none may go back.
 */
export function restored(found: FoundSpool, arrivedMs: number): Restored {
  const order = new Map<SessionFormat, number>();
  const places: {
    segment: Segment;
    fragment: FoundFragment;
    machineStart: string | undefined;
    timecode: bigint;
  }[] = [];
  const segments: Segment[] = [];
  for (const { sequence, path, cipher, byteLength, machineStart, fragments } of found.segments) {
    const segment: Segment = { sequence, path, cipher, byteLength, entries: new Set() };
    segments.push(segment);
    for (const fragment of fragments) {
      if (!order.has(fragment.format)) order.set(fragment.format, order.size);
      places.push({ segment, fragment, machineStart, timecode: fragment.meta.timecode });
    }
  }
  const rank = (format: SessionFormat): number => order.get(format) ?? 0;
  places.sort(
    (a, b) => rank(a.fragment.format) - rank(b.fragment.format) || Number(a.timecode - b.timecode),
  );
  const entries = places.map(({ segment, fragment, machineStart }, at) => {
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
