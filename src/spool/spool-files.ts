import { randomBytes } from 'node:crypto';
import { appendFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionFormat } from '../storage/stored-fragment.ts';
import type { SpoolKey } from './cipher.ts';
import type { OriginalTimes, Segment, StoredPlace } from './entry.ts';
import { journalName, type StreamIdentity, segmentName } from './find-spool.ts';
import type { SpooledFragment } from './fragments.ts';
import {
  encodeFormatMeta,
  encodeFragmentMeta,
  encodeJournalEntry,
  type JournalEntry,
  RecordType,
} from './segment-format.ts';
import { SegmentReader } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { SpoolSync } from './settings.ts';

/** A spool has about so many segments when it is full: what leaves at once is this part of it. */
const SEGMENTS_WHEN_FULL = 32;
const MIN_SEGMENT_BYTES = 256 * 1024;
const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

type Current = {
  readonly segment: Segment;
  readonly writer: SegmentWriter;
  readonly formats: Set<bigint>;
};

/** The segments of a spool and their journals. One caller at a time, but for `load`. */
export class SpoolFiles {
  readonly #folder: string;
  readonly #targetBytes: number;
  readonly #sync: SpoolSync;
  readonly #key: SpoolKey | undefined;
  readonly #stream: StreamIdentity;
  readonly #nowMs: () => number;
  readonly #startId: string | undefined;
  readonly #segments = new Set<Segment>();
  readonly #formatIds = new WeakMap<SessionFormat, bigint>();
  /** Journals that were appended to since the last sync. */
  readonly #journals = new Set<string>();
  #lastSequence = 0;
  #current: Current | undefined;

  constructor(options: {
    folder: string;
    sizeBytes: number;
    sync: SpoolSync;
    key: SpoolKey | undefined;
    stream: StreamIdentity;
    nowMs: () => number;
    /** Of the machine. */
    startId: string | undefined;
  }) {
    this.#folder = options.folder;
    this.#sync = options.sync;
    this.#key = options.key;
    this.#stream = options.stream;
    this.#nowMs = options.nowMs;
    this.#startId = options.startId;
    const part = options.sizeBytes / SEGMENTS_WHEN_FULL;
    this.#targetBytes = Math.min(Math.max(part, MIN_SEGMENT_BYTES), MAX_SEGMENT_BYTES);
  }

  /** Bytes of all segments. */
  get byteLength(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.byteLength;
    return bytes;
  }

  get segments(): Iterable<Segment> {
    return this.#segments;
  }

  /** A segment of an earlier run. It is never appended to. */
  adopt(segment: Segment): void {
    this.#segments.add(segment);
    this.#lastSequence = Math.max(this.#lastSequence, segment.sequence);
  }

  /** Appends a fragment. After an error another segment is begun with the next one. */
  async write(
    fragment: SpooledFragment,
    original: OriginalTimes,
    bytes: Buffer,
  ): Promise<StoredPlace> {
    if (this.#current !== undefined && this.#current.segment.byteLength >= this.#targetBytes) {
      await this.seal();
    }
    this.#current ??= await this.#begin();
    const { writer, segment, formats } = this.#current;
    try {
      const formatId = this.#formatId(original.format);
      const isNew = !formats.has(formatId);
      if (isNew) await writeFormat(writer, original.format, formatId);
      const meta = encodeFragmentMeta({
        formatId,
        timecode: original.timecode,
        startNs: original.startNs,
        endNs: original.endNs,
        frameCount: fragment.frameCount,
        byteLength: bytes.length,
        timecodeOffset: fragment.timecodeOffset,
        endsWithEofr: fragment.endsWithEofr,
        machineStartMs: original.machineStartMs,
      });
      const record = await writer.append(RecordType.fragment, meta, bytes);
      // Twice, so that one damaged place never makes other fragments useless.
      if (isNew) await writeFormat(writer, original.format, formatId);
      formats.add(formatId);
      return { segment, record };
    } catch (error) {
      this.#current = undefined;
      await writer.abandon();
      throw error;
    } finally {
      segment.byteLength = writer.byteLength;
    }
  }

  /** Ends the segment that is being written. */
  async seal(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    await this.sync();
    this.#current = undefined;
    await current.writer.close();
  }

  /** What was written outlives a loss of power, if that is wanted at all. */
  async sync(): Promise<void> {
    if (this.#sync === 'never') return;
    await this.#current?.writer.sync();
    for (const path of [...this.#journals]) {
      this.#journals.delete(path);
      await syncFile(path);
    }
  }

  /** Writes down what became of a fragment. */
  async mark({ sequence }: Segment, entry: JournalEntry): Promise<void> {
    const path = join(this.#folder, journalName(sequence));
    await appendFile(path, encodeJournalEntry(entry), { mode: 0o600 });
    this.#journals.add(path);
  }

  /** Deletes a segment of which nothing is wanted any more; one that is written to again stays. */
  async remove(segment: Segment): Promise<void> {
    if (segment.entries.size > 0) return;
    if (this.#current?.segment === segment) {
      const { writer } = this.#current;
      this.#current = undefined;
      await writer.close();
    }
    this.#segments.delete(segment);
    const journal = join(this.#folder, journalName(segment.sequence));
    this.#journals.delete(journal);
    // The segment first: a journal that is left behind means nothing.
    await rm(segment.path, { force: true });
    await rm(journal, { force: true });
  }

  /** A fragment's bytes; undefined where they are damaged. */
  async load({ segment, record }: StoredPlace): Promise<Buffer | undefined> {
    const reader = await SegmentReader.open(segment.path);
    try {
      return await reader.body(record, segment.cipher);
    } finally {
      await reader.close();
    }
  }

  async #begin(): Promise<Current> {
    const sequence = this.#lastSequence + 1;
    this.#lastSequence = sequence;
    const path = join(this.#folder, segmentName(sequence));
    const cipher = this.#key?.newSegment();
    const writer = await SegmentWriter.create({
      path,
      sequence,
      createdMs: this.#nowMs(),
      cipher,
      syncs: this.#sync !== 'never',
    });
    const segment: Segment = {
      sequence,
      path,
      cipher,
      byteLength: writer.byteLength,
      entries: new Set(),
    };
    this.#segments.add(segment);
    try {
      const identity = Buffer.from(
        JSON.stringify({ ...this.#stream, machineStart: this.#startId }),
      );
      await writer.append(RecordType.stream, identity, Buffer.alloc(0));
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return { segment, writer, formats: new Set() };
  }

  #formatId(format: SessionFormat): bigint {
    const known = this.#formatIds.get(format);
    if (known !== undefined) return known;
    const made = randomBytes(8).readBigUInt64LE(0);
    this.#formatIds.set(format, made);
    return made;
  }
}

async function writeFormat(
  writer: SegmentWriter,
  format: SessionFormat,
  formatId: bigint,
): Promise<void> {
  const { headerBytes, producerStartMs } = format;
  const meta = encodeFormatMeta({
    formatId,
    producerStartMs,
    timecodeScaleNs: format.header.timecodeScaleNs,
  });
  await writer.append(RecordType.format, meta, Buffer.from(headerBytes));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
