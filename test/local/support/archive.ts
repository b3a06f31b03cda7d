import type { TestContext } from 'node:test';
import { PartCache } from '../../../src/local/archive/part-cache.ts';
import { StreamArchive } from '../../../src/local/archive/stream-archive.ts';
import type { StreamRecord } from '../../../src/local/data-folder/stream-record.ts';
import type { FragmentRecord, NewFragment } from '../../../src/local/fragments/fragment-record.ts';
import type { StreamFragments } from '../../../src/local/fragments/stream-fragments.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { listFragments } from '../../support/list-fragments.ts';

export const HOUR = 3_600_000;

export type ArchiveOptions = {
  readonly nowMs?: () => number;
  readonly retentionHours?: number;
  readonly cache?: PartCache;
};

/** The fragments in a folder, opened, and closed after the test. */
export async function openFragments(
  t: TestContext,
  folder: string,
  options: ArchiveOptions = {},
): Promise<StreamFragments> {
  const { nowMs = systemClock.nowMs, retentionHours = 24, cache = new PartCache() } = options;
  const record = { name: 'demo', retentionHours } as StreamRecord;
  const clock = { ...systemClock, nowMs };
  const fragments = new StreamArchive({ folder, record, cache, clock, log: silentLogger });
  t.after(() => fragments.close());
  await fragments.ready();
  return fragments;
}

/** A fragment of one second. */
export function fragment(
  number: string,
  timeMs: number,
  media: string | number = 'media',
): NewFragment {
  return {
    number,
    timecode: timeMs,
    producerTimestampMs: timeMs,
    serverTimestampMs: timeMs,
    durationMs: 1000,
    frames: 1,
    keyFrames: 1,
    tracks: [],
    formatId: 'f',
    session: 's',
    head: [Buffer.from('head')],
    body: [typeof media === 'number' ? Buffer.alloc(media) : Buffer.from(media)],
  };
}

/** Persists one fragment per time. */
export async function persistAt(
  fragments: StreamFragments,
  ...timesMs: readonly number[]
): Promise<FragmentRecord[]> {
  const records: FragmentRecord[] = [];
  for (const timeMs of timesMs) {
    records.push(await fragments.persist(fragment(fragments.nextNumber(), timeMs), false));
  }
  return records;
}

/** Numbers of what is listed. */
export async function numbersOf(fragments: StreamFragments): Promise<string[]> {
  return (await listFragments(fragments)).map(({ number }) => number);
}
