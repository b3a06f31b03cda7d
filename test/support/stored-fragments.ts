import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fragment as it lies in the local service's folder. */
export type StoredFragment = {
  readonly number: string;
  readonly bytes: number;
  readonly serverTimestampMs: number;
  readonly durationMs: number;
  /** A file with this fragment alone, gone when the process ends. */
  readonly path: string;
};

type IndexLine = {
  readonly at: number;
  readonly add?: Omit<StoredFragment, 'path'> & { readonly replaced: readonly string[] };
  readonly remove?: string;
};

let copies: string | undefined;
/** Copies by where they lie: two streams may have fragments with the same number. */
const copyPaths = new Map<string, string>();

/**
 * The fragments in the folder of a stream, in the order of their numbers, read from the files that
 * docs/4-local-service describes and not by the service's own code.
 */
export function storedFragments(folder: string): StoredFragment[] {
  const found = new Map<string, StoredFragment>();
  const days = existsSync(folder) ? readdirSync(folder) : [];
  for (const day of days.filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))) {
    for (const file of readdirSync(join(folder, day))) {
      if (file.endsWith('.ndjson') && file !== 'summary.ndjson') {
        readPart(join(folder, day, file.slice(0, -'.ndjson'.length)), found);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.number < b.number ? -1 : 1));
}

function readPart(part: string, found: Map<string, StoredFragment>): void {
  // The last line may still be being written.
  for (const line of readFileSync(`${part}.ndjson`, 'utf8').split('\n').slice(0, -1)) {
    const { at, add, remove } = JSON.parse(line) as IndexLine;
    if (remove !== undefined) found.delete(remove);
    if (add === undefined) continue;
    for (const number of add.replaced) found.delete(number);
    found.set(add.number, { ...add, path: copyOf(`${part}.mkv`, at, add.bytes, add.number) });
  }
}

function copyOf(media: string, at: number, length: number, number: string): string {
  if (copies === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'kvs-stored-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    copies = made;
  }
  const key = `${media} ${at} ${number}`;
  const known = copyPaths.get(key);
  if (known !== undefined) return known;
  const path = join(copies, `${copyPaths.size}-${number}.mkv`);
  copyPaths.set(key, path);
  const bytes = Buffer.alloc(length);
  const file = openSync(media, 'r');
  readSync(file, bytes, 0, length, at);
  closeSync(file);
  writeFileSync(path, bytes);
  return path;
}
