import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { KvsError } from '../../errors/kvs-error.ts';

/** Read at once. */
const CHUNK_BYTES = 1024 * 1024;
/** An EBML header. */
const EBML_MAGIC = 0x1a45dfa3;
/** Types of the box that an MP4 or MOV file may begin with. */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  ...['ftyp', 'styp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot'],
]);
const MAGIC_BYTES = 8;

/** What reads it: our own reader, mediabunny, or GStreamer. */
export type FileFormat = 'matroska' | 'mp4' | 'other';

/** A file, or standard input, that is to be sent. */
export type PutInput = {
  /** As people know it. */
  readonly label: string;
  /** For `{name}` and times in names; undefined for standard input. */
  readonly name: string | undefined;
  /** Undefined for what is no regular file. */
  readonly bytes: number | undefined;
  readonly modifiedMs: number | undefined;
  readonly format: FileFormat;
  /** Undefined for standard input. */
  readonly path: string | undefined;
  readonly chunks: () => Readable;
};

/**
 * Looks at what is to be sent.
 * @throws KvsError for a file that cannot be read
 */
export async function openInput(path: string): Promise<PutInput> {
  if (path === '-') return standardInput();
  try {
    const file = await open(path);
    try {
      const stat = await file.stat();
      if (stat.isDirectory()) throw new Error('it is a folder');
      const isFile = stat.isFile();
      const { buffer } = isFile
        ? await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
        : { buffer: undefined };
      return {
        label: path,
        name: basename(path),
        bytes: isFile ? stat.size : undefined,
        modifiedMs: isFile ? stat.mtimeMs : undefined,
        // What comes through a pipe can be read once only.
        format: buffer === undefined ? 'matroska' : formatOf(buffer),
        path,
        chunks: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
      };
    } finally {
      await file.close();
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KvsError('STATUS_INVALID_ARG', `${path} cannot be read: ${why}`, {
      cause,
      // Node takes arguments for UTF-8, and finds no file whose name is not.
      advice: path.includes('\ufffd')
        ? 'If its name is not UTF-8, rename it, or send Matroska through standard input: put - < FILE'
        : '',
    });
  }
}

function formatOf(magic: Buffer): FileFormat {
  if (magic.readUInt32BE(0) === EBML_MAGIC) return 'matroska';
  return FIRST_BOXES.has(magic.toString('latin1', 4)) ? 'mp4' : 'other';
}

function standardInput(): PutInput {
  return {
    label: 'standard input',
    name: undefined,
    bytes: undefined,
    modifiedMs: undefined,
    // What else it might be, GStreamer would have to be told by a seekable file.
    format: 'matroska',
    path: undefined,
    chunks: () => process.stdin,
  };
}
