import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { noteSealed } from './day-summary.ts';
import { newState, Part } from './part.ts';
import { addLine, parseLine } from './part-index.ts';
import { partLimits } from './part-limits.ts';
import { dayOf, isDay, partName } from './part-names.ts';
import { sizeOf } from './recover-part.ts';
import { syncFolder } from './sync-folder.ts';

/** What earlier versions kept: one index for all fragments, each a file of its own. */
const LEGACY_INDEX = 'index.ndjson';
/** The same while its parts take their places. */
const CONVERTED = 'index.ndjson.converted';
const UNFINISHED = '.converting';
/** Fragments by which another one may come late without having to be put in between. */
const DISORDER = 256;

/**
 * Makes parts of an earlier version's index. The fragments' own files stay where they are, so that
 * this takes a second for a week of video. Whenever it is interrupted, the next start ends it.
 */
export async function convertLegacyIndex(folder: string): Promise<void> {
  const index = join(folder, LEGACY_INDEX);
  let parts: Part[] = [];
  if ((await sizeOf(index)) !== undefined) {
    for (const path of await unfinished(folder)) await rm(path);
    parts = await convert(folder, index);
    await syncDays(folder, parts);
    await rename(index, join(folder, CONVERTED));
    await syncFolder(folder);
  } else if ((await sizeOf(join(folder, CONVERTED))) === undefined) {
    return;
  }
  for (const from of await unfinished(folder)) {
    const path = from.slice(0, -UNFINISHED.length);
    await rename(from, path);
  }
  for (const part of parts) await noteSealed(part);
  await syncDays(folder, parts);
  await rm(join(folder, CONVERTED));
}

async function syncDays(folder: string, parts: readonly Part[]): Promise<void> {
  for (const day of new Set(parts.map((part) => part.day))) await syncFolder(join(folder, day));
  await syncFolder(folder);
}

async function convert(folder: string, index: string): Promise<Part[]> {
  const gone = await goneNumbers(index);
  const parts: Part[] = [];
  const late: FragmentRecord[] = [];
  let waiting: FragmentRecord[] = [];
  let highest = '';
  const { fragments } = partLimits(24);
  for await (const line of lines(index)) {
    const entry = parseLine(line);
    if (entry === undefined || !('add' in entry) || gone.has(entry.add.number)) continue;
    const record = entry.add;
    if (compareFragmentNumbers(record.number, highest) <= 0) {
      late.push(record);
      continue;
    }
    waiting.push(record);
    // Sessions that overlap end their fragments in another order than they began them.
    if (waiting.length < fragments + DISORDER) continue;
    await makeOne();
  }
  while (waiting.length > 0) await makeOne();
  for (const record of late) await addLate(parts, record);
  return parts;

  async function makeOne(): Promise<void> {
    waiting.sort((a, b) => compareFragmentNumbers(a.number, b.number));
    const taken = fullPart(waiting);
    waiting = waiting.slice(taken.length);
    highest = taken.at(-1)?.number ?? highest;
    parts.push(await makePart(folder, taken));
  }
}

/** Numbers that later lines take away again; the index was rewritten when there were many. */
async function goneNumbers(index: string): Promise<Set<string>> {
  const gone = new Set<string>();
  for await (const line of lines(index)) {
    // Nearly all lines end so, and taking each apart twice would take a second.
    if (line.endsWith('"replaced":[]}}')) continue;
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('remove' in entry) gone.add(entry.remove);
    else for (const number of entry.add.replaced) gone.add(number);
  }
  return gone;
}

/** As many of these as a part holds: an hour, or its number. */
function fullPart(records: readonly FragmentRecord[]): readonly FragmentRecord[] {
  const { spanMs, fragments } = partLimits(24);
  const endMs = (records[0]?.serverTimestampMs ?? 0) + spanMs;
  const end = records.findIndex(
    ({ serverTimestampMs }, i) => i === fragments || serverTimestampMs >= endMs,
  );
  return end < 0 ? records : records.slice(0, end);
}

/** Writes sorted records as a part. */
async function makePart(folder: string, records: readonly FragmentRecord[]): Promise<Part> {
  const [first] = records;
  const startMs = first?.serverTimestampMs ?? 0;
  const day = dayOf(startMs);
  await mkdir(join(folder, day), { recursive: true, mode: 0o700 });
  const taken = new Set(
    (await readdir(join(folder, day))).map((file) => file.replace(/\.ndjson.*$/, '')),
  );
  const name = partName(startMs, taken);
  const state = newState(first?.number ?? '', startMs);
  const part = new Part(join(folder, day, name), day, name, state, true);
  const text = records.map((record) => addLine({ record, at: undefined })).join('');
  const file = await open(`${part.indexFile}${UNFINISHED}`, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  for (const record of records) part.noteAdded({ record, at: undefined });
  part.state = { ...part.state, indexBytes: Buffer.byteLength(text) };
  return part;
}

/** A fragment that is listed behind thousands with larger numbers. */
async function addLate(parts: readonly Part[], record: FragmentRecord): Promise<void> {
  const part =
    parts.findLast(({ state }) => compareFragmentNumbers(state.from, record.number) <= 0) ??
    parts[0];
  if (part === undefined) return;
  const line = addLine({ record, at: undefined });
  const file = await open(`${part.indexFile}${UNFINISHED}`, 'a', 0o600);
  try {
    await file.writeFile(line);
    await file.datasync();
  } finally {
    await file.close();
  }
  part.noteAdded({ record, at: undefined });
  part.state = { ...part.state, indexBytes: part.state.indexBytes + Buffer.byteLength(line) };
}

async function unfinished(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const day of (await readdir(folder)).filter(isDay)) {
    for (const file of await readdir(join(folder, day))) {
      if (file.endsWith(UNFINISHED)) paths.push(join(folder, day, file));
    }
  }
  return paths;
}

async function* lines(path: string): AsyncGenerator<string> {
  let rest = '';
  const chunks = createReadStream(path, { encoding: 'utf8', highWaterMark: 1024 * 1024 });
  for await (const chunk of chunks as AsyncIterable<string>) {
    const found = (rest + chunk).split('\n');
    rest = found.pop() ?? '';
    yield* found;
  }
  yield rest;
}
