import { readFile } from 'node:fs/promises';
import type { Part, PartContents } from './part.ts';
import { readPart } from './part-index.ts';
import { sizeOf } from './recover-part.ts';

/** Reads the fragments of a part, by default those that the retention period has not passed. */
export async function readContents(
  part: Part,
  keepFromMs = part.keepFromMs,
): Promise<PartContents> {
  const mediaBytes = (await sizeOf(part.mediaFile)) ?? 0;
  const { contents } = readPart(await readFile(part.indexFile), mediaBytes);
  if (keepFromMs === Number.NEGATIVE_INFINITY) return contents;
  const entries = contents.entries.filter(({ record }) => record.serverTimestampMs >= keepFromMs);
  return { ...contents, entries };
}
