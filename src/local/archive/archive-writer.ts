import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FragmentRecord, NewFragment } from '../fragments/fragment-record.ts';
import { overlaps } from '../fragments/part-summary.ts';
import { replacedNumbers } from '../fragments/replaced.ts';
import { noteSealed, SUMMARY_FILE } from './day-summary.ts';
import {
  findEntry,
  insertEntry,
  newState,
  Part,
  type PartContents,
  type PartEntry,
  removeEntry,
} from './part.ts';
import type { PartCache } from './part-cache.ts';
import { addLine, removeLine } from './part-index.ts';
import type { PartLimits } from './part-limits.ts';
import type { PartList } from './part-list.ts';
import { dayOf, partName } from './part-names.ts';
import { type PartWriter, PartWriters } from './part-writers.ts';
import { readContents } from './read-contents.ts';
import { type ArchiveFolder, recoverPart, sizeOf } from './recover-part.ts';
import { syncFolder } from './sync-folder.ts';

/** A fragment to be written. */
export type WriteRequest = { readonly fragment: NewFragment; readonly keepDuplicates: boolean };

/** A fragment that was written, and where. */
export type Written = { readonly part: Part; readonly entry: PartEntry };

/** What an archive's writer works on, and with. */
export type ArchiveContext = {
  readonly folder: ArchiveFolder;
  readonly parts: PartList;
  readonly cache: PartCache;
  readonly contentsOf: (part: Part) => Promise<PartContents>;
};

/**
 * Writes to the parts of a stream; one call at a time. The media of a batch is synced before its
 * index lines are written, and those before anyone hears of its fragments: an index never names
 * what a crash could have taken.
 */
export class ArchiveWriter {
  readonly #context: ArchiveContext;
  readonly #writers = new PartWriters();

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  /** Persists fragments with as few syncs as can be; all of them or none. */
  async write(batch: readonly WriteRequest[], limits: PartLimits): Promise<Written[]> {
    const written: Written[] = [];
    const replaced: Written[] = [];
    const touched = new Set<PartWriter>();
    try {
      for (const request of batch) {
        const writer = await this.#writerFor(request.fragment, limits);
        touched.add(writer);
        const older = await this.#olderCopies(request, written);
        replaced.push(...older);
        const entry = await append(writer, request.fragment, older);
        written.push({ part: writer.part, entry });
      }
      for (const writer of touched) await writer.syncMedia();
      for (const writer of touched) {
        const own = written.filter(({ part }) => part === writer.part);
        await writer.index.append([Buffer.from(own.map(({ entry }) => addLine(entry)).join(''))]);
      }
      for (const writer of touched) await writer.index.sync();
    } catch (error) {
      for (const writer of touched) await this.#abandon(writer);
      throw error;
    }
    for (const writer of touched) writer.noteWritten();
    for (const { part, entry } of written) {
      part.noteAdded(entry);
      this.#context.cache.change(part, (contents) => insertEntry(contents, entry));
    }
    try {
      for (const { entry } of written) await this.removeReplaced(entry.record);
      await this.#removeLooseFiles(replaced.map(({ entry }) => entry));
      for (const part of this.#writers.tooMany()) await this.#seal(part);
    } catch (error) {
      // The new fragments are persisted, whatever becomes of their older copies.
      this.#context.folder.log.error(`what was replaced cannot be removed: ${String(error)}`);
    }
    return written;
  }

  /** Takes the older copies of a fragment away, whose numbers it names. */
  async removeReplaced({ number: by, replaced }: FragmentRecord): Promise<void> {
    const { parts, cache, contentsOf } = this.#context;
    const own = parts.covering(by);
    for (const number of replaced) {
      const part = parts.covering(number);
      if (part === undefined) continue;
      const contents = await contentsOf(part);
      if (part !== own) {
        if (findEntry(contents, number) === undefined) continue;
        const writer = await this.#open(part);
        await writer.index.append([Buffer.from(removeLine(number, by))]);
        await writer.index.sync();
        writer.noteWritten();
      }
      removeEntry(contents, number, by);
      cache.change(part, (held) => removeEntry(held, number, by));
      part.noteContents(contents);
      if (part.summary === undefined && part !== parts.newest) await this.#removeMedia(part);
    }
  }

  /** Removes a part with all that it has. */
  async remove(part: Part): Promise<void> {
    const { parts, cache } = this.#context;
    const hasLoose = part.state.loose > 0 || part.keepFromMs > 0;
    const all = hasLoose ? await readContents(part, Number.NEGATIVE_INFINITY) : undefined;
    await this.#writers.forget(part);
    parts.remove(part);
    cache.drop(part);
    await this.#removeLooseFiles(all?.entries ?? []);
    // In this order: media without an index would be taken for something lost.
    await rm(part.mediaFile, { force: true });
    await rm(part.indexFile, { force: true });
    if (parts.all.some(({ day }) => day === part.day)) return;
    const day = join(this.#context.folder.path, part.day);
    await rm(join(day, SUMMARY_FILE), { force: true });
    // Not when something else lies there.
    await rmdir(day).catch(() => {});
  }

  /** Removes the files of those fragments that have one. */
  async #removeLooseFiles(entries: readonly PartEntry[]): Promise<void> {
    const { path } = this.#context.folder;
    for (const { record, at } of entries) {
      if (at === undefined) await rm(looseFile(path, record.number), { force: true });
    }
  }

  /** Closes the files of parts that nothing was written to since the last call. */
  async sealIdle(): Promise<void> {
    for (const part of this.#writers.idle()) await this.#seal(part);
  }

  /**
   * Notes what parts hold that were read at a start, so that the next one need not read them,
   * whether they are written to again or not.
   */
  async sealRecovered(recovered: readonly Part[]): Promise<void> {
    try {
      await this.close();
      for (const part of recovered) if (!part.isSealed) await noteSealed(part);
    } catch (error) {
      // On a full disk, they are read again.
      this.#context.folder.log.warn(`what was recovered cannot be noted: ${String(error)}`);
    }
  }

  /** Closes all files. */
  async close(): Promise<void> {
    for (const part of this.#writers.parts) await this.#seal(part);
  }

  /** The part that a fragment belongs to, which is made if need be. */
  async #writerFor(fragment: NewFragment, limits: PartLimits): Promise<PartWriter> {
    const { parts } = this.#context;
    const { number, serverTimestampMs } = fragment;
    const part = parts.covering(number);
    if (part !== undefined && (part !== parts.newest || !isFull(part, fragment, limits))) {
      return this.#open(part);
    }
    const { path } = this.#context.folder;
    const day = dayOf(serverTimestampMs);
    const folder = join(path, day);
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    const taken = new Set((await readdir(folder)).map((file) => file.replace(/\..*$/, '')));
    const name = partName(serverTimestampMs, taken);
    const added = new Part(
      join(folder, name),
      day,
      name,
      newState(number, serverTimestampMs),
      false,
    );
    const writer = await this.#writers.get(added);
    await writer.media();
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(path);
    parts.add(added);
    return writer;
  }

  async #open(part: Part): Promise<PartWriter> {
    const { folder, cache } = this.#context;
    if (part.isSealed) {
      const mediaBytes = (await sizeOf(part.mediaFile)) ?? 0;
      if (mediaBytes < part.state.mediaBytes) {
        // What is appended must not make fragments seem whole that were cut off.
        const mended = await recoverPart(folder, part.path, part.day, part.name);
        cache.drop(part);
        if (mended !== undefined) part.state = mended.part.state;
      }
    }
    return this.#writers.get(part);
  }

  /** Closes a part's files, and notes what it holds. */
  async #seal(part: Part): Promise<void> {
    await this.#writers.forget(part);
    if (part.summary === undefined && part !== this.#context.parts.newest) {
      await this.#removeMedia(part);
    }
    await noteSealed(part);
  }

  /** Of a part whose fragments were all replaced, the index stays: it knows by which. */
  async #removeMedia(part: Part): Promise<void> {
    await this.#writers.forget(part);
    await rm(part.mediaFile, { force: true });
    part.state = { ...part.state, mediaBytes: 0 };
  }

  async #olderCopies(
    { fragment, keepDuplicates }: WriteRequest,
    written: readonly Written[],
  ): Promise<Written[]> {
    if (keepDuplicates) return [];
    const { parts, contentsOf } = this.#context;
    const atMs = fragment.producerTimestampMs;
    const copies: Written[] = [];
    for (const part of parts.all) {
      if (part.summary === undefined || !overlaps(part.summary.producer, atMs, atMs)) continue;
      const { entries } = await contentsOf(part);
      for (const entry of entries) {
        if (entry.record.producerTimestampMs === atMs) copies.push({ part, entry });
      }
    }
    copies.push(...written.filter(({ entry }) => entry.record.producerTimestampMs === atMs));
    return copies;
  }

  /** After an error nothing is known of the files: they are read again before the next line. */
  async #abandon(writer: PartWriter): Promise<void> {
    const { part } = writer;
    await writer.takeBack();
    await this.#writers.forget(part).catch(() => {});
    this.#context.cache.drop(part);
    if (part.state.added > 0) return;
    // It was made for what could not be written.
    this.#context.parts.remove(part);
    await rm(part.mediaFile, { force: true }).catch(() => {});
    await rm(part.indexFile, { force: true }).catch(() => {});
  }
}

/** The file of a single fragment, as older versions wrote them. */
export function looseFile(folder: string, number: string): string {
  return join(folder, `${number}.mkv`);
}

async function append(
  writer: PartWriter,
  fragment: NewFragment,
  older: readonly Written[],
): Promise<PartEntry> {
  const { head, body, ...rest } = fragment;
  const media = await writer.media();
  const record: FragmentRecord = {
    ...rest,
    clusterOffset: byteLength(head),
    bytes: byteLength(head) + byteLength(body),
    replaced: replacedNumbers(older.map(({ entry }) => entry.record)),
  };
  return { record, at: await media.append([...head, ...body]) };
}

function isFull(
  { state }: Part,
  { serverTimestampMs, head, body }: NewFragment,
  limits: PartLimits,
): boolean {
  return (
    state.added >= limits.fragments ||
    serverTimestampMs >= state.startMs + limits.spanMs ||
    (state.mediaBytes > 0 && state.mediaBytes + byteLength(head) + byteLength(body) > limits.bytes)
  );
}

function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}
