import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KvsError } from '../errors/kvs-error.ts';
import type { SegmentCipher } from './cipher.ts';
import {
  authenticated,
  encodeRecordHead,
  encodeSegmentHeader,
  FORMAT_VERSION,
  type RecordHeader,
  type RecordType,
  SEGMENT_HEADER_BYTES,
  TAG_BYTES,
} from './segment-format.ts';
import type { FoundRecord } from './segment-reader.ts';
import { crcOf } from './slices.ts';

/** Appends records to a segment file that it has made. After an error it is of no more use. */
export class SegmentWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #cipher: SegmentCipher | undefined;
  #length = SEGMENT_HEADER_BYTES;
  #number = 0;

  private constructor(path: string, file: FileHandle, cipher: SegmentCipher | undefined) {
    this.path = path;
    this.#file = file;
    this.#cipher = cipher;
  }

  /** Makes the file, for its owner alone. */
  static async create(options: {
    path: string;
    sequence: number;
    createdMs: number;
    cipher: SegmentCipher | undefined;
    /** Whether the file's name must outlive a loss of power. */
    syncs: boolean;
  }): Promise<SegmentWriter> {
    const { path, sequence, createdMs, cipher } = options;
    const file = await open(path, 'wx', 0o600);
    try {
      const header = { version: FORMAT_VERSION, sequence, createdMs };
      const bytes = encodeSegmentHeader(
        cipher === undefined
          ? header
          : { ...header, encryption: { salt: cipher.salt, keyCheck: cipher.keyCheck } },
      );
      await writeAll(file, bytes, 0);
      if (options.syncs) await syncFolder(dirname(path));
      return new SegmentWriter(path, file, cipher);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Of the file. */
  get byteLength(): number {
    return this.#length;
  }

  /** @returns the record as a scan of the file would find it */
  async append(type: RecordType, meta: Buffer, body: Buffer): Promise<FoundRecord> {
    const cipher = body.length === 0 ? undefined : this.#cipher;
    const number = this.#number;
    const unchecked: RecordHeader = {
      type,
      isEncrypted: cipher !== undefined,
      metaLength: meta.length,
      bodyLength: body.length + (cipher === undefined ? 0 : TAG_BYTES),
      number,
      bodyCrc: 0,
    };
    this.#number += 1;
    const stored =
      cipher === undefined ? body : await cipher.seal(number, body, authenticated(unchecked, meta));
    const header = { ...unchecked, bodyCrc: await crcOf(stored) };
    const head = encodeRecordHead(header, meta);
    const offset = this.#length;
    await writeAll(this.#file, head, offset);
    await writeAll(this.#file, stored, offset + head.length);
    this.#length += head.length + stored.length;
    return { offset, header, meta };
  }

  /** What was appended outlives a loss of power. */
  async sync(): Promise<void> {
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Closes the file after an error, without what was written of the last record. */
  async abandon(): Promise<void> {
    // The disk may be broken: what is left of the record is skipped by whoever reads it.
    await this.#file.truncate(this.#length).catch(() => {});
    await this.#file.close().catch(() => {});
  }
}

/** What Windows says of a folder, and file systems that cannot do it. */
const NO_FOLDER_SYNC = new Set<unknown>(['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR']);

/** Names in the folder outlive a loss of power. Some file systems cannot do that, and no Windows. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!NO_FOLDER_SYNC.has(code)) throw error;
  } finally {
    await folder.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) {
      throw new KvsError('STATUS_WRITE_TO_FILE_FAILED', 'The disk accepts no more bytes');
    }
    at += bytesWritten;
  }
}
