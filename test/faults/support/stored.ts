import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { storedFragments } from '../../support/stored-fragments.ts';
import { spooledFragments } from './backlog.ts';
import type { Stage } from './stage.ts';

/** What became of the frames that the sources gave. */
export type Count = {
  readonly sent: number;
  readonly storedOnce: number;
  readonly storedTwice: number;
  /** Not stored yet, and safe on the disk for the next start. */
  readonly spooled: number;
  readonly lost: number;
};

/** Files of the fragments that a service has stored, the oldest first, and when each had come. */
export function fragmentFiles(dataDir: string): { path: string; storedMs: number }[] {
  const streams = join(dataDir, 'streams');
  if (!existsSync(streams)) return [];
  return readdirSync(streams)
    .flatMap((name) => storedFragments(join(streams, name)))
    .map(({ path, serverTimestampMs, durationMs }) => {
      return { path, storedMs: serverTimestampMs + durationMs };
    })
    .toSorted((one, other) => one.storedMs - other.storedMs);
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/**
 * Hashes of packets by ffprobe, which is none of ours. Nobody waits for it: other runs' network and
 * service are in this process.
 */
async function hashesOf(...input: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'ffprobe',
    [
      ...['-v', 'error', ...input],
      ...['-show_packets', '-show_data_hash', 'md5', '-show_entries', 'packet=data_hash'],
      ...['-of', 'json'],
    ],
    { maxBuffer: MAX_OUTPUT_BYTES },
  );
  const { packets } = JSON.parse(stdout) as { packets: { data_hash: string }[] };
  return packets.map(({ data_hash }) => data_hash);
}

/** Of files one after the other. */
async function hashesOfAll(paths: readonly string[], list: string): Promise<string[]> {
  if (paths.length === 0) return [];
  writeFileSync(list, paths.map((path) => `file '${path}'\n`).join(''));
  return await hashesOf('-f', 'concat', '-safe', '0', '-auto_convert', '0', '-i', list);
}

/** Compares frames by what is in them. */
export function countFrames(
  sent: readonly string[],
  stored: readonly string[],
  spooled: readonly string[] = [],
): Count {
  const waiting = new Set(spooled);
  const times = new Map<string, number>();
  for (const hash of stored) times.set(hash, (times.get(hash) ?? 0) + 1);
  const withTimes = (is: (times: number) => boolean): number =>
    sent.filter((hash) => is(times.get(hash) ?? 0)).length;
  const missing = sent.filter((hash) => !times.has(hash));
  return {
    sent: sent.length,
    storedOnce: withTimes((times) => times === 1),
    storedTwice: withTimes((times) => times > 1),
    spooled: missing.filter((hash) => waiting.has(hash)).length,
    lost: missing.filter((hash) => !waiting.has(hash)).length,
  };
}

/** What became of the frames of a run. */
export async function countStored({ dataDir, folder, spool, references }: Stage): Promise<Count> {
  const sent: string[] = [];
  for (const path of references) sent.push(...(await hashesOf('-i', path)));
  const stored = fragmentFiles(dataDir).map(({ path }) => path);
  const spooled = await spooledFragments(spool, folder);
  return countFrames(
    sent,
    await hashesOfAll(stored, join(folder, 'stored.txt')),
    await hashesOfAll(spooled, join(folder, 'spooled.txt')),
  );
}
