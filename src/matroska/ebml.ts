import { KvsError } from '../errors/kvs-error.ts';

/** How many bytes a size takes: the fewest, exactly so many, or the one byte of "unknown". */
export type SizeForm = 'shortest' | 'unknown' | 1 | 2 | 4 | 8;

/** Bytes, or elements in a row. */
export type EbmlBody = Uint8Array | readonly (EbmlElement | null)[];

/** An element as data. A null child is left out, so that an optional element is one ternary. */
export type EbmlElement = {
  readonly id: number;
  readonly body: EbmlBody;
  readonly size?: SizeForm;
};

const encoder = new TextEncoder();

/** EBML could say 2^56 - 2; JavaScript counts exactly to here. */
const MAX_SIZE = Number.MAX_SAFE_INTEGER;

/** An element. `size` defaults to the shortest form. */
export function element(id: number, body: EbmlBody, size: SizeForm = 'shortest'): EbmlElement {
  return { id, body, size };
}

/** A body of an unsigned number in big-endian bytes, `width` of them. */
export function unsigned(value: number | bigint, width: 1 | 2 | 4 | 8): Uint8Array {
  const bytes = new Uint8Array(width);
  let rest = BigInt(value);
  for (let i = width - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n || value < 0) {
    throw new KvsError('STATUS_MKV_NUMBER_TOO_BIG', `${value} does not fit ${width} bytes`);
  }
  return bytes;
}

/** A body of a double. */
export function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

/** A body of UTF-8. */
export function text(value: string): Uint8Array {
  return encoder.encode(value);
}

/** How many bytes the shortest size form of `value` has. All ones are kept for "unknown". */
export function sizeLength(value: number): number {
  let length = 1;
  while (length < 8 && value >= 2 ** (7 * length) - 1) length += 1;
  return length;
}

/**
 * Writes a size of `length` bytes at `at` (RFC 8794, section 4).
 * @throws KvsError STATUS_MKV_NUMBER_TOO_BIG
 */
export function writeSize(out: Uint8Array, at: number, value: number, length: number): void {
  if (value > MAX_SIZE || value >= 2 ** (7 * length) - 1) {
    throw new KvsError(
      'STATUS_MKV_NUMBER_TOO_BIG',
      `A size of ${value} does not fit ${length} EBML bytes`,
    );
  }
  let rest = value;
  for (let i = at + length - 1; i >= at; i -= 1) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  out[at] = (out[at] ?? 0) | (0x80 >> (length - 1));
}

function idLength(id: number): number {
  return id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
}

function isBytes(body: EbmlBody): body is Uint8Array {
  return body instanceof Uint8Array;
}

function bodyLength(body: EbmlBody): number {
  return isBytes(body)
    ? body.length
    : body.reduce((sum, child) => sum + (child === null ? 0 : elementLength(child)), 0);
}

function elementLength({ id, body, size = 'shortest' }: EbmlElement): number {
  const length = bodyLength(body);
  const sizeBytes =
    size === 'shortest' ? sizeLength(length) : size === 'unknown' ? 1 : Number(size);
  return idLength(id) + sizeBytes + length;
}

/** Writes an element and returns the offset behind it. */
function writeElement(out: Uint8Array, at: number, item: EbmlElement): number {
  const { id, body, size = 'shortest' } = item;
  let next = at;
  for (let shift = 8 * (idLength(id) - 1); shift >= 0; shift -= 8) {
    out[next] = id >>> shift;
    next += 1;
  }
  if (size === 'unknown') {
    out[next] = 0xff;
    next += 1;
  } else {
    const length = bodyLength(body);
    const sizeBytes = size === 'shortest' ? sizeLength(length) : size;
    writeSize(out, next, length, sizeBytes);
    next += sizeBytes;
  }
  if (isBytes(body)) {
    out.set(body, next);
    return next + body.length;
  }
  for (const child of body) next = child === null ? next : writeElement(out, next, child);
  return next;
}

/** The bytes of elements in a row. */
export function encodeElements(elements: readonly (EbmlElement | null)[]): Uint8Array {
  const out = new Uint8Array(bodyLength(elements));
  let at = 0;
  for (const item of elements) at = item === null ? at : writeElement(out, at, item);
  return out;
}
