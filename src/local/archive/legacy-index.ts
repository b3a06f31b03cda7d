import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../data-folder/data-folder-error.ts';
import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { noteSealed } from './day-summary.ts';
import { newState, Part } from './part.ts';
import { addLine, parseLine } from './part-index.ts';
import { partLimits } from './part-limits.ts';
import { dayOf, partName } from './part-names.ts';
import { sizeOf } from './recover-part.ts';
import { syncFolder } from './sync-folder.ts';

/** What earlier versions kept: one index for all fragments, each a file of its own. */
const LEGACY_INDEX = 'index.ndjson';
/** The same while its parts take their places. */
const CONVERTED = 'index.ndjson.converted';
/** Where the parts are until all are written, in folders of their days. */
const CONVERTING = 'converting';
/** Fragments by which another one may come late without having to be put in between. */
const DISORDER = 256;

/**
 * Makes parts of an earlier version's index. The fragments' own files stay where they are, so that
 * this takes seconds for weeks of video. Whenever it is interrupted, the next start ends it.
 */
export async function convertLegacyIndex(folder: string): Promise<void> {
  const index = join(folder, LEGACY_INDEX);
  let parts: Part[] = [];
  if ((await sizeOf(index)) !== undefined) {
    await rm(join(folder, CONVERTING), { recursive: true, force: true });
    parts = await new Conversion(folder).convert(index);
    await rename(index, join(folder, CONVERTED));
    await syncFolder(folder);
  } else if ((await sizeOf(join(folder, CONVERTED))) === undefined) {
    return;
  }
  await putInPlace(folder);
  for (const part of parts) await noteSealed(part);
  await rm(join(folder, CONVERTED));
}

async function putInPlace(folder: string): Promise<void> {
  const converting = join(folder, CONVERTING);
  for (const day of await namesIn(converting)) {
    await mkdir(join(folder, day), { recursive: true, mode: 0o700 });
    for (const file of await readdir(join(converting, day))) {
      await rename(join(converting, day, file), join(folder, day, file));
    }
    await syncFolder(join(folder, day));
  }
  await syncFolder(folder);
  await rm(converting, { recursive: true, force: true });
}

type Line = { readonly record: FragmentRecord; readonly text: string };

/** Reads an index from its beginning to its end, and writes a part whenever one is full. */
class Conversion {
  readonly #folder: string;
  readonly #parts: Part[] = [];
  /** Names of parts that each day has. */
  readonly #taken = new Map<string, Set<string>>();
  /** Sorted by number, but for the last ones. */
  #waiting: Line[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async convert(index: string): Promise<Part[]> {
    const gone = await goneNumbers(index);
    const late: Line[] = [];
    const { fragments } = partLimits(24);
    for await (const text of lines(index)) {
      const entry = parseLine(text);
      if (entry === undefined || !('add' in entry) || gone.has(entry.add.number)) continue;
      const line = { record: entry.add, text: `${text}\n` };
      const highest = this.#parts.at(-1)?.summary?.last ?? '';
      if (compareFragmentNumbers(entry.add.number, highest) <= 0) {
        late.push(line);
        continue;
      }
      this.#waiting.push(line);
      // Sessions that overlap end their fragments in another order than they began them.
      if (this.#waiting.length >= fragments + DISORDER) await this.#writePart();
    }
    while (this.#waiting.length > 0) await this.#writePart();
    for (const line of late) await this.#addLate(line);
    for (const day of this.#taken.keys()) await syncFolder(join(this.#folder, CONVERTING, day));
    return this.#parts;
  }

  /** Writes the first of what is waiting: an hour of it, or as many as a part holds. */
  async #writePart(): Promise<void> {
    this.#waiting.sort((a, b) => compareFragmentNumbers(a.record.number, b.record.number));
    const [first] = this.#waiting;
    if (first === undefined) return;
    const { spanMs, fragments } = partLimits(24);
    const startMs = first.record.serverTimestampMs;
    const end = this.#waiting.findIndex(
      ({ record }, i) => i === fragments || record.serverTimestampMs >= startMs + spanMs,
    );
    const taken = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    const { day, name } = await this.#nameAt(startMs);
    const state = newState(first.record.number, startMs);
    const part = new Part(join(this.#folder, day, name), day, name, state, true);
    for (const { record } of taken) part.noteAdded({ record, at: undefined });
    await this.#write(part, taken.map(({ text }) => text).join(''));
    this.#parts.push(part);
  }

  /** A fragment that is listed behind hundreds with larger numbers. */
  async #addLate({ record }: Line): Promise<void> {
    const part =
      this.#parts.findLast(({ state }) => compareFragmentNumbers(state.from, record.number) <= 0) ??
      this.#parts[0];
    if (part === undefined) return;
    part.noteAdded({ record, at: undefined });
    await this.#write(part, addLine({ record, at: undefined }));
  }

  async #write(part: Part, text: string): Promise<void> {
    const path = join(this.#folder, CONVERTING, part.day, `${part.name}.ndjson`);
    const { indexBytes } = part.state;
    if (indexBytes === 0) await writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
    else await appendFile(path, text, { flush: true });
    part.state = { ...part.state, indexBytes: indexBytes + Buffer.byteLength(text) };
  }

  async #nameAt(startMs: number): Promise<{ day: string; name: string }> {
    const day = dayOf(startMs);
    let taken = this.#taken.get(day);
    if (taken === undefined) {
      await mkdir(join(this.#folder, CONVERTING, day), { recursive: true, mode: 0o700 });
      const files = await namesIn(join(this.#folder, day));
      taken = new Set(files.map((file) => file.replace(/\..*$/, '')));
      this.#taken.set(day, taken);
    }
    const name = partName(startMs, taken);
    taken.add(name);
    return { day, name };
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

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}
