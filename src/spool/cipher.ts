import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KvsError } from '../errors/kvs-error.ts';
import { KEY_CHECK_BYTES, SALT_BYTES, TAG_BYTES } from './segment-format.ts';
import { inSlices } from './slices.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const INFO = 'kvs-launch spool segment 1';
const ADVICE = 'Make one with: openssl rand -hex 32 > FILE; chmod 600 FILE';

/**
 * Reads the key that a spool is encrypted with: 32 bytes, or 64 hexadecimal digits.
 * @throws KvsError STATUS_OPEN_FILE_FAILED, or STATUS_INVALID_ARG for anything else
 */
export async function readSpoolKey(path: string): Promise<SpoolKey> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = `The key of the spool cannot be read: ${why}`;
    throw new KvsError('STATUS_OPEN_FILE_FAILED', text, { cause, advice: ADVICE });
  }
  if (content.length === KEY_BYTES) return new SpoolKey(content);
  const digits = content.toString('latin1').trim();
  if (/^[\da-f]{64}$/i.test(digits)) return new SpoolKey(Buffer.from(digits, 'hex'));
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `The key of the spool in ${path} has ${content.length} bytes; 32 bytes, or 64 hexadecimal digits, are needed`,
    { advice: ADVICE },
  );
}

/** The key of a spool. Each segment has one of its own, derived from it with the segment's salt. */
export class SpoolKey {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** For a segment that is begun. */
  newSegment(): SegmentCipher {
    return this.segment(randomBytes(SALT_BYTES));
  }

  segment(salt: Uint8Array): SegmentCipher {
    const derived = Buffer.from(hkdfSync('sha256', this.#key, salt, INFO, KEY_BYTES + KEY_BYTES));
    return new SegmentCipher(salt, derived.subarray(0, KEY_BYTES), derived.subarray(KEY_BYTES));
  }
}

/**
 * Encrypts the bodies of one segment. The nonce is the record's number, which a segment has once:
 * it is only ever appended to, and after a failure another segment, with another key, is begun.
 */
export class SegmentCipher {
  readonly salt: Uint8Array;
  /** Distinguishes a wrong key from damage. */
  readonly keyCheck: Buffer;
  readonly #key: Buffer;

  constructor(salt: Uint8Array, key: Buffer, check: Buffer) {
    this.salt = salt;
    this.#key = key;
    this.keyCheck = createHash('sha256').update(check).digest().subarray(0, KEY_CHECK_BYTES);
  }

  /** True if this is the key that the segment was written with. */
  matches(keyCheck: Uint8Array): boolean {
    return keyCheck.length === KEY_CHECK_BYTES && timingSafeEqual(this.keyCheck, keyCheck);
  }

  /** The body encrypted, with the tag behind it. */
  async seal(record: number, body: Buffer, aad: Buffer): Promise<Buffer> {
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce(record));
    cipher.setAAD(aad);
    const sealed = Buffer.allocUnsafe(body.length + TAG_BYTES);
    await inSlices(body.length, (start, end) => {
      cipher.update(body.subarray(start, end)).copy(sealed, start);
    });
    cipher.final();
    cipher.getAuthTag().copy(sealed, body.length);
    return sealed;
  }

  /** The body as it was; undefined where anything of it, or of what it belongs to, was changed. */
  async open(record: number, sealed: Buffer, aad: Buffer): Promise<Buffer | undefined> {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return undefined;
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce(record));
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(length));
    const body = Buffer.allocUnsafe(length);
    await inSlices(length, (start, end) => {
      decipher.update(sealed.subarray(start, end)).copy(body, start);
    });
    try {
      decipher.final();
      return body;
    } catch {
      return undefined;
    }
  }
}

function nonce(record: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(record, 8);
  return bytes;
}
