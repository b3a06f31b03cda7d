import { open, readFile } from 'node:fs/promises';
import type { Part, PartContents, PartEntry } from './part.ts';
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

/** The lines of some two hundred fragments. */
const TAIL_BYTES = 64 * 1024;

/**
 * The newest fragments of a part, as many as the end of its index names, without reading the rest.
 * @returns undefined when the end alone does not tell: then all of it has to be read.
 */
export async function readNewest(part: Part): Promise<readonly PartEntry[] | undefined> {
  const { isSealed, keepFromMs, state, summary } = part;
  if (!isSealed || !state.isOrdered || keepFromMs !== Number.NEGATIVE_INFINITY) return undefined;
  const mediaBytes = (await sizeOf(part.mediaFile)) ?? 0;
  const tail = await readTail(part.indexFile, state.indexBytes);
  const { entries } = readPart(tail, mediaBytes).contents;
  return entries.at(-1)?.record.number === summary?.last ? entries : undefined;
}

/** The whole lines at the end of a file's first `length` bytes. */
async function readTail(path: string, length: number): Promise<Buffer> {
  const from = Math.max(0, length - TAIL_BYTES);
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(length - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    const read = bytes.subarray(0, bytesRead);
    return from === 0 ? read : read.subarray(read.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}
