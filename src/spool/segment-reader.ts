import { type FileHandle, open } from 'node:fs/promises';
import type { SegmentCipher } from './cipher.ts';
import {
  authenticated,
  decodeRecordHead,
  decodeSegmentHeader,
  MAX_META_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_MARKER,
  type RecordHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './segment-format.ts';
import { crcOf } from './slices.ts';

/** A record as its head describes it; the body is read when it is needed. */
export type FoundRecord = {
  readonly offset: number;
  readonly header: RecordHeader;
  readonly meta: Buffer;
};

/** A stretch of a segment that cannot be read. */
export type DamagedRange = {
  readonly offset: number;
  readonly byteLength: number;
  /** The head of the record that was cut off, if that can be read. */
  readonly record?: FoundRecord;
};

/** What is in a segment. */
export type SegmentScan = {
  /** Undefined where the file's head is damaged; records are found all the same. */
  readonly header: SegmentHeader | undefined;
  readonly records: readonly FoundRecord[];
  readonly damaged: readonly DamagedRange[];
  readonly byteLength: number;
};

const SEARCH_BYTES = 64 * 1024;

/** Reads a segment file. */
export class SegmentReader {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<SegmentReader> {
    return new SegmentReader(await open(path, 'r'));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Goes from head to head. Behind what is damaged the next record that is whole is searched. */
  async scan(): Promise<SegmentScan> {
    const { size } = await this.#file.stat();
    const header = decodeSegmentHeader(await this.#read(0, SEGMENT_HEADER_BYTES));
    const records: FoundRecord[] = [];
    const damaged: DamagedRange[] = [];
    let at = Math.min(SEGMENT_HEADER_BYTES, size);
    if (header === undefined && at > 0) damaged.push({ offset: 0, byteLength: at });
    while (at < size) {
      const found = await this.#recordAt(at);
      const end = found === undefined ? 0 : endOf(found);
      if (found !== undefined && end <= size) {
        records.push(found);
        at = end;
      } else {
        const next = await this.#nextRecord(
          at + 1,
          size,
          (records.at(-1)?.header.number ?? -1) + 1,
        );
        const range = { offset: at, byteLength: next - at };
        damaged.push(found === undefined ? range : { ...range, record: found });
        at = next;
      }
    }
    return { header, records, damaged, byteLength: size };
  }

  /**
   * Reads a record's body.
   * @param cipher of the segment, for bodies that are encrypted
   * @returns undefined where it is damaged, or the key is missing
   */
  async body(
    { offset, header, meta }: FoundRecord,
    cipher: SegmentCipher | undefined,
  ): Promise<Buffer | undefined> {
    const start = offset + RECORD_HEADER_BYTES + header.metaLength;
    const stored = await this.#read(start, header.bodyLength);
    if (stored.length < header.bodyLength || (await crcOf(stored)) !== header.bodyCrc) {
      return undefined;
    }
    if (!header.isEncrypted) return stored;
    return cipher?.open(header.number, stored, authenticated(header, meta));
  }

  async #recordAt(offset: number): Promise<FoundRecord | undefined> {
    const most = RECORD_HEADER_BYTES + MAX_META_BYTES;
    const decoded = decodeRecordHead(await this.#read(offset, most));
    return decoded === undefined || decoded === 'short' ? undefined : { offset, ...decoded };
  }

  /** The place of the first record that is whole, from `from` on; the file's end if there is none. */
  async #nextRecord(from: number, size: number, leastNumber: number): Promise<number> {
    let at = from;
    while (at < size) {
      const bytes = await this.#read(at, SEARCH_BYTES);
      const within = bytes.indexOf(RECORD_MARKER);
      if (within >= 0) {
        const found = await this.#recordAt(at + within);
        const isNext = found !== undefined && found.header.number >= leastNumber;
        if (isNext && endOf(found) <= size) return at + within;
        at += within + 1;
      } else {
        // The marker may lie across the border.
        at += Math.max(bytes.length - RECORD_MARKER.length + 1, 1);
      }
    }
    return size;
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await this.#file.read(bytes, read, length - read, position + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.subarray(0, read);
  }
}

function endOf({ offset, header }: FoundRecord): number {
  return offset + RECORD_HEADER_BYTES + header.metaLength + header.bodyLength;
}
