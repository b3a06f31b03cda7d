import { appendFile, readFile, rm, stat, truncate } from 'node:fs/promises';
import type { Logger } from '../../runtime/logger.ts';
import { codeOf } from '../data-folder/data-folder-error.ts';
import { Part, type PartContents } from './part.ts';
import { readPart, removeLine } from './part-index.ts';
import { setAside, setTailAside } from './set-aside.ts';

/** The folder of a stream, and what finding it in disorder needs. */
export type ArchiveFolder = {
  readonly path: string;
  readonly nowMs: () => number;
  readonly log: Logger;
};

/** A part that was being written to when its service ended, and what it holds. */
export type RecoveredPart = { readonly part: Part; readonly contents: PartContents };

/**
 * Reads a part that was being written to when its service ended, and mends it, so that it can be
 * appended to: a line that was cut short goes, media that no line names is set aside, and fragments
 * whose media is not whole are no longer named.
 * @returns undefined when it names no fragment: then its files have gone.
 */
export async function recoverPart(
  folder: ArchiveFolder,
  path: string,
  day: string,
  name: string,
): Promise<RecoveredPart | undefined> {
  const [mediaFile, indexFile] = [`${path}.mkv`, `${path}.ndjson`];
  const index = await readFile(indexFile);
  const mediaBytes = await sizeOf(mediaFile);
  const { contents, state, lost } = readPart(index, mediaBytes ?? 0);
  if (state === undefined) {
    if (mediaBytes) await setAside(folder.path, mediaFile, folder.nowMs());
    else await rm(mediaFile, { force: true });
    await rm(indexFile);
    return undefined;
  }
  if (index.length > state.indexBytes) await truncate(indexFile, state.indexBytes);
  const lines = lost.map((number) => removeLine(number)).join('');
  if (lost.length > 0) {
    folder.log.warn(`${lost.length} fragments are lost: ${mediaFile} is shorter than it was`);
    await appendFile(indexFile, lines, { flush: true });
  }
  if (mediaBytes !== undefined && mediaBytes > state.mediaBytes) {
    await setTailAside(folder.path, mediaFile, state.mediaBytes, folder.nowMs());
    folder.log.warn(`media that no index names was moved from ${mediaFile} to set-aside/`);
  }
  const indexBytes = state.indexBytes + Buffer.byteLength(lines);
  const part = new Part(path, day, name, { ...state, indexBytes }, false);
  part.noteContents(contents);
  return { part, contents };
}

/** Undefined for a file that is not there. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
