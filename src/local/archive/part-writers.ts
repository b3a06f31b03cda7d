import { AppendFile } from './append-file.ts';
import { noteOpened } from './day-summary.ts';
import type { Part } from './part.ts';

/** Parts of a stream that are open for writing at once: the newest, and what is resent to others. */
const MAX_OPEN = 3;

/** The files of a part that is open for writing. */
export class PartWriter {
  readonly part: Part;
  readonly index: AppendFile;
  #media: AppendFile | undefined;

  private constructor(part: Part, index: AppendFile) {
    this.part = part;
    this.index = index;
  }

  static async open(part: Part): Promise<PartWriter> {
    if (part.isSealed) await noteOpened(part);
    return new PartWriter(part, await AppendFile.open(part.indexFile, part.state.indexBytes));
  }

  /** The part's media, which one with fragments in files of their own does not have. */
  async media(): Promise<AppendFile> {
    const { mediaFile, state } = this.part;
    this.#media ??= await AppendFile.open(mediaFile, state.mediaBytes);
    return this.#media;
  }

  /** Syncs the media: what was appended to it may then be named in the index. */
  async syncMedia(): Promise<void> {
    await this.#media?.sync();
  }

  /** Counts in what is on the disk now. */
  noteWritten(): void {
    const { part, index } = this;
    const mediaBytes = this.#media?.length ?? part.state.mediaBytes;
    part.state = { ...part.state, indexBytes: index.length, mediaBytes };
  }

  /** Takes back what was appended since, as far as the disk lets it. */
  async takeBack(): Promise<void> {
    const { indexBytes, mediaBytes } = this.part.state;
    await this.index.cutTo(indexBytes).catch(() => {});
    await this.#media?.cutTo(mediaBytes).catch(() => {});
  }

  async close(): Promise<void> {
    await this.index.close();
    await this.#media?.close();
  }
}

/** The parts of a stream that are open for writing. */
export class PartWriters {
  /** Used longest ago first. */
  readonly #open = new Map<Part, PartWriter>();
  #used = new Set<Part>();

  get parts(): readonly Part[] {
    return [...this.#open.keys()];
  }

  async get(part: Part): Promise<PartWriter> {
    const writer = this.#open.get(part) ?? (await PartWriter.open(part));
    this.#open.delete(part);
    this.#open.set(part, writer);
    this.#used.add(part);
    return writer;
  }

  /** Those that should be closed before more are opened. */
  tooMany(): readonly Part[] {
    return this.parts.slice(0, Math.max(0, this.#open.size - MAX_OPEN));
  }

  /** Those that nobody asked for since the last call. */
  idle(): readonly Part[] {
    const idle = this.parts.filter((part) => !this.#used.has(part));
    this.#used = new Set();
    return idle;
  }

  /** Closes a part's files. */
  async forget(part: Part): Promise<void> {
    const writer = this.#open.get(part);
    this.#open.delete(part);
    await writer?.close();
  }
}
