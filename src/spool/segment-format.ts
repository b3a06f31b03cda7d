import { crc32 } from 'node:zlib';

/**
 * The bytes of a segment file, and of the journal beside it; pure. docs/5-inside/spool.md describes
 * them field by field. All numbers are little-endian.
 */
export const FORMAT_VERSION = 1;

export const SEGMENT_HEADER_BYTES = 64;
export const RECORD_HEADER_BYTES = 28;
const JOURNAL_RECORD_BYTES = 40;
export const SALT_BYTES = 16;
export const KEY_CHECK_BYTES = 8;
/** What encryption adds to a body: the tag of AES-GCM. */
export const TAG_BYTES = 16;
/** Meta is small: a larger one is damage. */
export const MAX_META_BYTES = 4096;

const SEGMENT_MAGIC = Buffer.from('KVSSPOOL', 'latin1');
/** With this each record begins, so that the next one is found behind a damaged one. */
export const RECORD_MARKER = Buffer.from('KVSR', 'latin1');
const JOURNAL_MARKER = Buffer.from('KVSJ', 'latin1');

const ENCRYPTED = 1;
const NONE_32 = 0xffff_ffff;

/** The head of a segment file. */
export type SegmentHeader = {
  readonly version: number;
  /** Counts up by one with each segment of a spool. */
  readonly sequence: number;
  readonly createdMs: number;
  /** What this segment's key is derived with, and how a wrong key shows; absent: not encrypted. */
  readonly encryption?: { readonly salt: Uint8Array; readonly keyCheck: Uint8Array };
};

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const { encryption } = header;
  SEGMENT_MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(header.version, 8);
  bytes.writeUInt16LE(encryption === undefined ? 0 : ENCRYPTED, 10);
  bytes.writeBigUInt64LE(BigInt(header.sequence), 16);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(header.createdMs)), 24);
  if (encryption !== undefined) {
    bytes.set(encryption.salt, 32);
    bytes.set(encryption.keyCheck, 48);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Undefined where the bytes are no head of a segment, or damaged. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(SEGMENT_MAGIC)) {
    return undefined;
  }
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined;
  const isEncrypted = (bytes.readUInt16LE(10) & ENCRYPTED) !== 0;
  return {
    version: bytes.readUInt16LE(8),
    sequence: Number(bytes.readBigUInt64LE(16)),
    createdMs: Number(bytes.readBigUInt64LE(24)),
    ...(isEncrypted
      ? {
          encryption: {
            salt: Buffer.from(bytes.subarray(32, 48)),
            keyCheck: Buffer.from(bytes.subarray(48, 56)),
          },
        }
      : {}),
  };
}

/** What a record is, by its number in the file. */
export const RecordType = { stream: 1, format: 2, fragment: 3 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** The head of a record; its meta and its body follow. */
export type RecordHeader = {
  readonly type: number;
  readonly isEncrypted: boolean;
  readonly metaLength: number;
  /** As stored, with the tag. */
  readonly bodyLength: number;
  /** Counts up by one within the segment, from 0. */
  readonly number: number;
  /** Of the body as stored. */
  readonly bodyCrc: number;
};

/** Head and meta of a record whose body has this checksum. */
export function encodeRecordHead(header: RecordHeader, meta: Uint8Array): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES + meta.length);
  RECORD_MARKER.copy(bytes, 0);
  bytes.writeUInt8(header.type, 4);
  bytes.writeUInt8(header.isEncrypted ? ENCRYPTED : 0, 5);
  bytes.writeUInt16LE(meta.length, 6);
  bytes.writeUInt32LE(header.bodyLength, 8);
  bytes.writeUInt32LE(header.number, 12);
  bytes.writeUInt32LE(header.bodyCrc, 20);
  bytes.set(meta, RECORD_HEADER_BYTES);
  bytes.writeUInt32LE(headCrc(bytes), 24);
  return bytes;
}

/**
 * Reads a record's head at the beginning of the bytes.
 * @returns undefined where there is none or it is damaged; `short` where more bytes are needed to
 * tell
 */
export function decodeRecordHead(
  bytes: Buffer,
): { readonly header: RecordHeader; readonly meta: Buffer } | 'short' | undefined {
  if (bytes.length < RECORD_HEADER_BYTES) return 'short';
  if (!bytes.subarray(0, 4).equals(RECORD_MARKER)) return undefined;
  const metaLength = bytes.readUInt16LE(6);
  if (metaLength > MAX_META_BYTES) return undefined;
  const end = RECORD_HEADER_BYTES + metaLength;
  if (bytes.length < end) return 'short';
  const head = bytes.subarray(0, end);
  if (headCrc(head) !== bytes.readUInt32LE(24)) return undefined;
  return {
    header: {
      type: bytes.readUInt8(4),
      isEncrypted: (bytes.readUInt8(5) & ENCRYPTED) !== 0,
      metaLength,
      bodyLength: bytes.readUInt32LE(8),
      number: bytes.readUInt32LE(12),
      bodyCrc: bytes.readUInt32LE(20),
    },
    meta: Buffer.from(head.subarray(RECORD_HEADER_BYTES)),
  };
}

/** What AES-GCM authenticates beside the body: the head up to the checksums, and the meta. */
export function authenticated(header: RecordHeader, meta: Uint8Array): Buffer {
  const head = encodeRecordHead({ ...header, bodyCrc: 0 }, meta);
  return Buffer.concat([head.subarray(0, 20), meta]);
}

function headCrc(head: Buffer): number {
  return crc32(head.subarray(RECORD_HEADER_BYTES), crc32(head.subarray(0, 24)));
}

/** Meta of a format record; its body is the Matroska header, the tracks' codec private data in it. */
export type FormatMeta = {
  /** Fragments with the same id may follow each other in one PutMedia session. */
  readonly formatId: bigint;
  /** Epoch ms that relative timecodes count from; undefined for absolute ones. */
  readonly producerStartMs: number | undefined;
  readonly timecodeScaleNs: number;
};

const FORMAT_META_BYTES = 24;

export function encodeFormatMeta(meta: FormatMeta): Buffer {
  const bytes = Buffer.alloc(FORMAT_META_BYTES);
  bytes.writeBigUInt64LE(meta.formatId, 0);
  bytes.writeBigInt64LE(BigInt(Math.trunc(meta.producerStartMs ?? -1)), 8);
  bytes.writeUInt32LE(meta.timecodeScaleNs, 16);
  return bytes;
}

export function decodeFormatMeta(bytes: Buffer): FormatMeta | undefined {
  if (bytes.length < FORMAT_META_BYTES) return undefined;
  const startMs = Number(bytes.readBigInt64LE(8));
  return {
    formatId: bytes.readBigUInt64LE(0),
    producerStartMs: startMs < 0 ? undefined : startMs,
    timecodeScaleNs: bytes.readUInt32LE(16),
  };
}

/** Meta of a fragment record; its body is what is sent: tags and cluster. */
export type FragmentMeta = {
  readonly formatId: bigint;
  readonly timecode: bigint;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly frameCount: number;
  /** Of the body before encryption. */
  readonly byteLength: number;
  /** Where in the body the cluster's timecode is, as eight bytes big-endian; undefined: unknown. */
  readonly timecodeOffset: number | undefined;
  readonly endsWithEofr: boolean;
  /** Epoch ms of the machine's start, by the clock that the times come from; undefined: unknown. */
  readonly machineStartMs: number | undefined;
};

const FRAGMENT_META_BYTES = 56;
const NO_START = -(2n ** 63n);

export function encodeFragmentMeta(meta: FragmentMeta): Buffer {
  const bytes = Buffer.alloc(FRAGMENT_META_BYTES);
  bytes.writeBigUInt64LE(meta.formatId, 0);
  bytes.writeBigInt64LE(meta.timecode, 8);
  bytes.writeBigInt64LE(meta.startNs, 16);
  bytes.writeBigInt64LE(meta.endNs, 24);
  bytes.writeUInt32LE(meta.frameCount, 32);
  bytes.writeUInt32LE(meta.byteLength, 36);
  bytes.writeUInt32LE(meta.timecodeOffset ?? NONE_32, 40);
  bytes.writeUInt8(meta.endsWithEofr ? 1 : 0, 44);
  const startMs = meta.machineStartMs;
  bytes.writeBigInt64LE(startMs === undefined ? NO_START : BigInt(Math.round(startMs)), 48);
  return bytes;
}

export function decodeFragmentMeta(bytes: Buffer): FragmentMeta | undefined {
  if (bytes.length < FRAGMENT_META_BYTES) return undefined;
  const offset = bytes.readUInt32LE(40);
  const startMs = bytes.readBigInt64LE(48);
  return {
    formatId: bytes.readBigUInt64LE(0),
    timecode: bytes.readBigInt64LE(8),
    startNs: bytes.readBigInt64LE(16),
    endNs: bytes.readBigInt64LE(24),
    frameCount: bytes.readUInt32LE(32),
    byteLength: bytes.readUInt32LE(36),
    timecodeOffset: offset === NONE_32 ? undefined : offset,
    endsWithEofr: (bytes.readUInt8(44) & 1) !== 0,
    machineStartMs: startMs === NO_START ? undefined : Number(startMs),
  };
}

/** What became of a fragment of the segment that the journal lies beside. */
export const JournalKind = { settled: 1, dropped: 2, retimed: 3 } as const;
export type JournalKind = (typeof JournalKind)[keyof typeof JournalKind];

export type JournalEntry = {
  readonly kind: number;
  /** Number of the fragment's record. */
  readonly record: number;
  /** Retimed: what its times, and the beginning that timecodes may count from, change by in all. */
  readonly byNs: bigint;
  readonly startMs: number;
};

export function encodeJournalEntry({ kind, record, byNs, startMs }: JournalEntry): Buffer {
  const bytes = Buffer.alloc(JOURNAL_RECORD_BYTES);
  JOURNAL_MARKER.copy(bytes, 0);
  bytes.writeUInt8(kind, 4);
  bytes.writeUInt32LE(record, 8);
  bytes.writeBigInt64LE(byNs, 16);
  bytes.writeBigInt64LE(BigInt(Math.trunc(startMs)), 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  return bytes;
}

/** All entries that are whole. A damaged one costs that a fragment is sent once more. */
export function decodeJournal(bytes: Buffer): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let at = 0;
  while (at + JOURNAL_RECORD_BYTES <= bytes.length) {
    const one = bytes.subarray(at, at + JOURNAL_RECORD_BYTES);
    const isWhole =
      one.subarray(0, 4).equals(JOURNAL_MARKER) &&
      crc32(one.subarray(0, 36)) === one.readUInt32LE(36);
    if (isWhole) {
      entries.push({
        kind: one.readUInt8(4),
        record: one.readUInt32LE(8),
        byNs: one.readBigInt64LE(16),
        startMs: Number(one.readBigInt64LE(24)),
      });
      at += JOURNAL_RECORD_BYTES;
    } else {
      const next = bytes.indexOf(JOURNAL_MARKER, at + 1);
      at = next < 0 ? bytes.length : next;
    }
  }
  return entries;
}
