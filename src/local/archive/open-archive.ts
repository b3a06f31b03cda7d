import { appendFile, mkdir, opendir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { noteOpened, noteSealed, readDaySummary, SUMMARY_FILE } from './day-summary.ts';
import { convertLegacyIndex } from './legacy-index.ts';
import { looseMark, Part } from './part.ts';
import { removeLine } from './part-index.ts';
import { PartList } from './part-list.ts';
import { isDay } from './part-names.ts';
import { readContents } from './read-contents.ts';
import { type ArchiveFolder, type RecoveredPart, recoverPart } from './recover-part.ts';
import { forgetSetAside, setAside } from './set-aside.ts';

/** The parts of a stream as they were found. */
export type OpenedArchive = {
  readonly parts: PartList;
  /** Those that were being written to when their service ended. */
  readonly recovered: readonly RecoveredPart[];
};

/**
 * Reads what an earlier run left of a stream: a line per part, and the index of the one that was
 * being written to. Files that no index names are set aside, and parts of files go.
 */
export async function openArchive(folder: ArchiveFolder): Promise<OpenedArchive> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  await convertLegacyIndex(folder.path);
  const parts = new PartList();
  const recovered: RecoveredPart[] = [];
  const days: string[] = [];
  let looseFiles = 0;
  // One by one: an older version's folder has a file per fragment.
  for await (const { name } of await opendir(folder.path, { bufferSize: 256 })) {
    if (name.endsWith('.mkv')) looseFiles += looseMark(name.slice(0, -'.mkv'.length));
    else if (isDay(name)) days.push(name);
    else if (/\.(part|tmp)$/.test(name)) await rm(join(folder.path, name), { force: true });
  }
  for (const day of days.sort()) {
    const found = await openDay(folder, day);
    for (const part of found.parts) parts.add(part);
    recovered.push(...found.recovered);
  }
  const loose = parts.all.reduce((sum, { state }) => sum + state.loose, 0);
  if (loose !== looseFiles) await matchLooseFiles(folder, parts);
  await forgetSetAside(folder.path, folder.nowMs());
  return { parts, recovered };
}

async function openDay(
  folder: ArchiveFolder,
  day: string,
): Promise<{ parts: Part[]; recovered: RecoveredPart[] }> {
  const path = join(folder.path, day);
  const files = new Set(await readdir(path));
  const states = await readDaySummary(path);
  const parts: Part[] = [];
  const recovered: RecoveredPart[] = [];
  for (const file of files) {
    if (file === SUMMARY_FILE) continue;
    const name = file.replace(/\.(ndjson|mkv)$/, '');
    const base = join(path, name);
    if (file.endsWith('.ndjson')) {
      const state = states.get(name);
      if (state !== undefined && (state.mediaBytes === 0 || files.has(`${name}.mkv`))) {
        parts.push(new Part(base, day, name, state, true));
        continue;
      }
      const mended = await recoverPart(folder, base, day, name);
      if (mended === undefined) continue;
      parts.push(mended.part);
      recovered.push(mended);
    } else if (file.endsWith('.mkv') && !files.has(`${name}.ndjson`)) {
      folder.log.warn(`${join(path, file)}, which no index names, was moved to set-aside/`);
      await setAside(folder.path, join(path, file), folder.nowMs());
    }
  }
  if (parts.length === 0) {
    await rm(join(path, SUMMARY_FILE), { force: true });
    await rmdir(path).catch(() => {});
  }
  return { parts, recovered };
}

/** Sets aside files of single fragments that no index names, and no longer names those that went. */
async function matchLooseFiles(folder: ArchiveFolder, parts: PartList): Promise<void> {
  const files = (await readdir(folder.path)).filter((name) => name.endsWith('.mkv'));
  const unknown = new Set(files);
  for (const part of parts.all) {
    if (part.state.loose === 0) continue;
    const contents = await readContents(part);
    const lost = contents.entries.filter(
      ({ record, at }) => at === undefined && !unknown.delete(`${record.number}.mkv`),
    );
    if (lost.length === 0) continue;
    const lines = lost.map(({ record }) => removeLine(record.number)).join('');
    if (part.isSealed) await noteOpened(part);
    await appendFile(part.indexFile, lines, { flush: true });
    const gone = new Set(lost);
    const indexBytes = part.state.indexBytes + Buffer.byteLength(lines);
    part.state = { ...part.state, indexBytes };
    part.noteContents({
      ...contents,
      entries: contents.entries.filter((entry) => !gone.has(entry)),
    });
    await noteSealed(part);
    folder.log.warn(`${lost.length} fragments are lost: their files are gone`);
  }
  if (unknown.size === 0) return;
  folder.log.warn(`${unknown.size} files that no index names were moved to set-aside/`);
  for (const name of unknown) await setAside(folder.path, join(folder.path, name), folder.nowMs());
}
