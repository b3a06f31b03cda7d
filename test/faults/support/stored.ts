import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packetsOf, tool } from '../../e2e/support/tools.ts';
import type { References } from './pipeline.ts';

/** What became of the frames that the sources gave. */
export type Count = {
  readonly sent: number;
  readonly storedOnce: number;
  readonly storedTwice: number;
  readonly lost: number;
};

/** Files of the fragments that a service has stored, the oldest first. */
export function fragmentFiles(dataDir: string): { path: string; storedMs: number }[] {
  const streams = join(dataDir, 'streams');
  if (!existsSync(streams)) return [];
  return readdirSync(streams, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mkv'))
    .map((name) => {
      const path = join(streams, name);
      return { path, storedMs: statSync(path).mtimeMs };
    })
    .toSorted((one, other) => one.storedMs - other.storedMs);
}

/** Hashes of all packets of all files, by ffprobe, which is none of ours. */
function storedHashes(dataDir: string, folder: string): string[] {
  const files = fragmentFiles(dataDir);
  if (files.length === 0) return [];
  const list = join(folder, 'stored.txt');
  writeFileSync(list, files.map(({ path }) => `file '${path}'\n`).join(''));
  const text = tool('ffprobe', [
    ...['-v', 'error', '-f', 'concat', '-safe', '0', '-auto_convert', '0', '-i', list],
    ...['-show_packets', '-show_data_hash', 'md5', '-show_entries', 'packet=data_hash'],
    ...['-of', 'json'],
  ]);
  const { packets } = JSON.parse(text) as { packets: { data_hash: string }[] };
  return packets.map(({ data_hash }) => data_hash.replace(/^MD5:/, ''));
}

/** Compares frames by what is in them. */
export function countFrames(sent: readonly string[], stored: readonly string[]): Count {
  const times = new Map<string, number>();
  for (const hash of stored) times.set(hash, (times.get(hash) ?? 0) + 1);
  const withTimes = (is: (times: number) => boolean): number =>
    sent.filter((hash) => is(times.get(hash) ?? 0)).length;
  return {
    sent: sent.length,
    storedOnce: withTimes((times) => times === 1),
    storedTwice: withTimes((times) => times > 1),
    lost: withTimes((times) => times === 0),
  };
}

/** What became of the frames of the references. */
export function countStored(dataDir: string, folder: string, references: References): Count {
  const video = packetsOf(references.video);
  const audio = existsSync(references.audio) ? packetsOf(references.audio, 'a:0') : [];
  const sent = [...video, ...audio].map(({ hash }) => hash);
  return countFrames(sent, storedHashes(dataDir, folder));
}
