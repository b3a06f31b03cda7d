import { KvsError } from '../errors/kvs-error.ts';

/** EBMLMaxIDLength of Matroska. */
const MAX_ID_BYTES = 4;

/** A malformed document. Every error of the reader that is not about its end is made here. */
export function malformed(what: string): KvsError {
  return new KvsError('STATUS_FORMAT_ERROR', `Not Matroska that KVS accepts: ${what}`);
}

/** An id as it is written in specifications. */
export function hex(id: number): string {
  return `0x${id.toString(16)}`;
}

/** Reads element headers; one object, filled again each time. */
export class ElementHeader {
  id = 0;
  /** Bytes of the body; Infinity when the size is unknown. */
  size = 0;
  /** Bytes of id and size. */
  headerBytes = 0;

  /**
   * Reads the header at `at` of data that ends at `end`.
   * @returns 0 when it was read, otherwise how many bytes from `at` must be there to go on
   * @throws KvsError STATUS_FORMAT_ERROR
   */
  read(data: Uint8Array, at: number, end: number): number {
    if (at >= end) return 1;
    const first = data[at] ?? 0;
    const idBytes = Math.clz32(first) - 23;
    if (idBytes > MAX_ID_BYTES) throw malformed(`byte ${hex(first)} does not begin an element id`);
    if (end - at <= idBytes) return idBytes + 1;
    const sizeFirst = data[at + idBytes] ?? 0;
    const sizeBytes = Math.clz32(sizeFirst) - 23;
    if (sizeBytes > 8) throw malformed('an element size has more than 8 bytes');
    const headerBytes = idBytes + sizeBytes;
    if (end - at < headerBytes) return headerBytes;
    let id = 0;
    for (let i = at; i < at + idBytes; i += 1) id = id * 256 + (data[i] ?? 0);
    let size = sizeFirst & (0xff >> sizeBytes);
    let isUnknown = size === 0xff >> sizeBytes;
    for (let i = at + idBytes + 1; i < at + headerBytes; i += 1) {
      const byte = data[i] ?? 0;
      isUnknown &&= byte === 0xff;
      size = size * 256 + byte;
    }
    this.id = id;
    this.size = isUnknown ? Number.POSITIVE_INFINITY : size;
    this.headerBytes = headerBytes;
    return 0;
  }
}

/**
 * Calls `visit` with every child of a master element's body.
 * @throws KvsError STATUS_FORMAT_ERROR when a child does not lie within the body
 */
export function forEachChild(
  body: Uint8Array,
  visit: (id: number, body: Uint8Array) => void,
): void {
  const header = new ElementHeader();
  let at = 0;
  while (at < body.length) {
    if (header.read(body, at, body.length) !== 0) {
      throw malformed('an element ends within the header of a child');
    }
    const start = at + header.headerBytes;
    const end = start + header.size;
    if (end > body.length) throw malformed(`element ${hex(header.id)} is larger than its parent`);
    visit(header.id, body.subarray(start, end));
    at = end;
  }
}

/** An unsigned number of up to eight bytes; an empty body is 0. @throws KvsError */
export function readUnsigned(body: Uint8Array): bigint {
  if (body.length > 8) throw malformed(`a number has ${body.length} bytes`);
  let value = 0n;
  for (const byte of body) value = (value << 8n) | BigInt(byte);
  return value;
}

/** A number that JavaScript holds exactly. @throws KvsError */
export function readNumber(body: Uint8Array): number {
  const value = Number(readUnsigned(body));
  if (!Number.isSafeInteger(value)) throw malformed(`the number ${value} is out of range`);
  return value;
}

/** A float of 4 or 8 bytes; an empty body is 0. @throws KvsError */
export function readFloat(body: Uint8Array): number {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  switch (body.length) {
    case 0:
      return 0;
    case 4:
      return view.getFloat32(0);
    case 8:
      return view.getFloat64(0);
    default:
      throw malformed(`a float has ${body.length} bytes`);
  }
}

const decoder = new TextDecoder();

/** UTF-8 up to the first zero, as RFC 8794 7.4 has it. */
export function readText(body: Uint8Array): string {
  const zero = body.indexOf(0);
  return decoder.decode(zero < 0 ? body : body.subarray(0, zero));
}
