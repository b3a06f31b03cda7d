import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KvsError } from '../errors/kvs-error.ts';
import type { SessionFormat } from '../storage/stored-fragment.ts';
import type { SegmentCipher, SpoolKey } from './cipher.ts';
import type { Retimed } from './entry.ts';
import {
  decodeFormatMeta,
  decodeFragmentMeta,
  decodeJournal,
  FORMAT_VERSION,
  type FormatMeta,
  type FragmentMeta,
  JournalKind,
  RecordType,
  type SegmentHeader,
} from './segment-format.ts';
import { type DamagedRange, type FoundRecord, SegmentReader } from './segment-reader.ts';

const AS_THEY_WERE: Retimed = { byNs: 0n, startMs: 0 };

const SEGMENT_NAME = /^(\d{10,})\.segment$/;

/** Names of a segment and of the journal beside it, in the order of the segments. */
export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(10, '0')}.segment`;
}
export function journalName(sequence: number): string {
  return `${String(sequence).padStart(10, '0')}.journal`;
}

/** A fragment that is in a segment and was neither acknowledged nor dropped. */
export type FoundFragment = {
  readonly record: FoundRecord;
  readonly meta: FragmentMeta;
  readonly format: SessionFormat;
  readonly retimed: Retimed;
};

/** A segment of an earlier run. */
export type FoundSegment = {
  readonly sequence: number;
  readonly path: string;
  readonly byteLength: number;
  readonly isEncrypted: boolean;
  readonly cipher: SegmentCipher | undefined;
  /** During which start of the machine it was written. */
  readonly machineStart: string | undefined;
  readonly fragments: readonly FoundFragment[];
  readonly damaged: readonly DamagedRange[];
};

/** What is in a spool's folder. */
export type FoundSpool = {
  readonly segments: readonly FoundSegment[];
  /** What each segment's first record says of the stream. */
  readonly stream: StreamIdentity | undefined;
  readonly lastSequence: number;
};

/** Which stream a spool is of. */
export type StreamIdentity = {
  readonly streamName?: string;
  readonly streamArn?: string;
};

/** What a segment's first record says. */
type SegmentIdentity = StreamIdentity & { readonly machineStart?: string };

/** A segment before its fragments' formats are known, which may be in another one. */
type Read = {
  readonly sequence: number;
  readonly path: string;
  readonly byteLength: number;
  readonly header: SegmentHeader | undefined;
  readonly cipher: SegmentCipher | undefined;
  readonly machineStart: string | undefined;
  readonly records: readonly FoundRecord[];
  readonly damaged: DamagedRange[];
};

/**
 * Reads what earlier runs have left: the heads of all records, not the fragments themselves.
 * @param key undefined: nothing that is encrypted can be read, and `mustDecrypt` says whether that
 * is an error
 * @throws KvsError STATUS_INVALID_ARG for a key that is missing or wrong, STATUS_INVALID_OPERATION
 * for a format of a later version. Nothing is changed.
 */
export async function findSpool(
  folder: string,
  key: SpoolKey | undefined,
  mustDecrypt = true,
): Promise<FoundSpool> {
  const names = await readdir(folder);
  const sequences = names
    .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const reads: Read[] = [];
  const formats = new FormatTable();
  let stream: StreamIdentity | undefined;
  for (const sequence of sequences) {
    const path = join(folder, segmentName(sequence));
    const reader = await SegmentReader.open(path);
    try {
      const { header, records, damaged, byteLength } = await reader.scan();
      const cipher = cipherOf(path, header, key, mustDecrypt);
      let identity: SegmentIdentity | undefined;
      for (const record of records) {
        if (record.header.type === RecordType.format) {
          await formats.add(record, reader, cipher, mustDecrypt);
        } else if (record.header.type === RecordType.stream) {
          identity ??= readIdentity(record.meta);
        }
      }
      const { machineStart, ...ofStream } = identity ?? {};
      if (identity !== undefined) stream ??= ofStream;
      const read = { sequence, path, byteLength, header, cipher, machineStart, records };
      reads.push({ ...read, damaged: [...damaged] });
    } finally {
      await reader.close();
    }
  }
  const segments = await Promise.all(reads.map((read) => withFragments(folder, read, formats)));
  return { segments, stream, lastSequence: sequences.at(-1) ?? 0 };
}

function cipherOf(
  path: string,
  header: SegmentHeader | undefined,
  key: SpoolKey | undefined,
  mustDecrypt: boolean,
): SegmentCipher | undefined {
  if (header !== undefined && header.version > FORMAT_VERSION) {
    throw new KvsError(
      'STATUS_INVALID_OPERATION',
      `${path} has version ${header.version} of the spool's format; this program knows ${FORMAT_VERSION}`,
      { advice: 'Send it with the program that wrote it, or with a later one.' },
    );
  }
  const encryption = header?.encryption;
  if (encryption === undefined || (key === undefined && !mustDecrypt)) return undefined;
  const cipher = key?.segment(encryption.salt);
  if (cipher?.matches(encryption.keyCheck)) return cipher;
  if (!mustDecrypt) return undefined;
  throw new KvsError(
    'STATUS_INVALID_ARG',
    key === undefined
      ? `${path} is encrypted, and no spool-key-file is given`
      : `${path} is encrypted with another key than that of spool-key-file`,
    { advice: 'Give the key that it was written with. Nothing was deleted.' },
  );
}

async function withFragments(
  folder: string,
  read: Read,
  formats: FormatTable,
): Promise<FoundSegment> {
  const { sequence, path, byteLength, header, cipher, machineStart, records, damaged } = read;
  const { done, retimed } = await readJournal(join(folder, journalName(sequence)));
  const fragments: FoundFragment[] = [];
  for (const record of records) {
    const { type, number, bodyLength } = record.header;
    if (type !== RecordType.fragment || done.has(number)) continue;
    const meta = decodeFragmentMeta(record.meta);
    const by = retimed.get(number) ?? AS_THEY_WERE;
    const format = meta === undefined ? undefined : formats.get(meta.formatId, by);
    if (meta === undefined || format === undefined) {
      damaged.push({ offset: record.offset, byteLength: bodyLength, record });
    } else {
      fragments.push({ record, meta, format, retimed: by });
    }
  }
  const isEncrypted = header?.encryption !== undefined;
  // A record that was cut off, or damaged, and is done with is no loss.
  const lost = damaged.filter((range) => !done.has(range.record?.header.number ?? -1));
  const found = { sequence, path, byteLength, isEncrypted, cipher, machineStart, fragments };
  return { ...found, damaged: lost };
}

async function readJournal(
  path: string,
): Promise<{ done: ReadonlySet<number>; retimed: ReadonlyMap<number, Retimed> }> {
  const done = new Set<number>();
  const retimed = new Map<number, Retimed>();
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return { done, retimed };
  }
  for (const entry of decodeJournal(bytes)) {
    const isDone = entry.kind === JournalKind.settled || entry.kind === JournalKind.dropped;
    if (isDone) done.add(entry.record);
    else if (entry.kind === JournalKind.retimed) retimed.set(entry.record, entry);
  }
  return { done, retimed };
}

function readIdentity(meta: Buffer): SegmentIdentity | undefined {
  try {
    const value: unknown = JSON.parse(meta.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Formats by their ids; times that were set right make another of the same. */
class FormatTable {
  readonly #found = new Map<bigint, { meta: FormatMeta; headerBytes: Buffer }>();
  readonly #made = new Map<string, SessionFormat>();

  async add(
    record: FoundRecord,
    reader: SegmentReader,
    cipher: SegmentCipher | undefined,
    mustDecrypt: boolean,
  ): Promise<void> {
    const meta = decodeFormatMeta(record.meta);
    if (meta === undefined || this.#found.has(meta.formatId)) return;
    const isReadable = !record.header.isEncrypted || cipher !== undefined;
    const headerBytes =
      isReadable || mustDecrypt ? await reader.body(record, cipher) : Buffer.alloc(0);
    if (headerBytes !== undefined) this.#found.set(meta.formatId, { meta, headerBytes });
  }

  get(formatId: bigint, { byNs, startMs }: Retimed): SessionFormat | undefined {
    const found = this.#found.get(formatId);
    if (found === undefined) return undefined;
    const name = `${formatId} ${byNs} ${startMs}`;
    const made = this.#made.get(name) ?? formatOf(found.meta, found.headerBytes, startMs);
    this.#made.set(name, made);
    return made;
  }
}

function formatOf(meta: FormatMeta, headerBytes: Buffer, byMs: number): SessionFormat {
  const { producerStartMs: startMs, timecodeScaleNs } = meta;
  return {
    header: { timecodeScaleNs },
    headerBytes,
    ...(startMs === undefined ? {} : { producerStartMs: startMs + byMs }),
  };
}
