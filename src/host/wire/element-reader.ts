import { KvsError } from '../../errors/kvs-error.ts';
import { ELEMENT_HEADER_BYTES, TIME_NONE } from './wire.ts';

/** A larger payload than this is not a frame but a reader that lost its place. */
const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;

/**
 * One message of the element, read in place. The reader hands out the same object again and again:
 * it, and every view taken from it, is valid only during the call.
 */
export class ElementMessageView {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Where the message begins in all that the element has sent; known while it is handled. */
  position = 0;

  /** Points the view at a whole message that starts at `at`. */
  set(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Bytes of header and payload together: what the element counts against its window. */
  get byteLength(): number {
    return ELEMENT_HEADER_BYTES + this.#bytes.readUInt32LE(this.#at);
  }

  get type(): number {
    return this.#bytes.readUInt8(this.#at + 4);
  }

  get track(): number {
    return this.#bytes.readUInt8(this.#at + 5);
  }

  get flags(): number {
    return this.#bytes.readUInt16LE(this.#at + 6);
  }

  /** Nanoseconds; undefined for GST_CLOCK_TIME_NONE. */
  get ptsNs(): bigint | undefined {
    return this.#time(8);
  }

  /** Nanoseconds; negative before the segment's start, as a B-frame stream begins. */
  get dtsNs(): bigint | undefined {
    const value = this.#time(16);
    return value === undefined ? undefined : BigInt.asIntN(64, value);
  }

  /** Nanoseconds; 0 when unknown. */
  get durationNs(): bigint {
    return this.#time(24) ?? 0n;
  }

  /** CLOCK_MONOTONIC in ns when the buffer came into the element. */
  get monotonicNs(): bigint {
    return this.#bytes.readBigUInt64LE(this.#at + 32);
  }

  get sequence(): number {
    return this.#bytes.readUInt32LE(this.#at + 40);
  }

  get element(): number {
    return this.#bytes.readUInt32LE(this.#at + 44);
  }

  /** The payload, as a view into the chunk it came in. */
  payload(): Buffer {
    const start = this.#at + ELEMENT_HEADER_BYTES;
    return this.#bytes.subarray(start, start + this.#bytes.readUInt32LE(this.#at));
  }

  /** Header and payload, as a view into the chunk they came in. */
  raw(): Buffer {
    return this.#bytes.subarray(this.#at, this.#at + this.byteLength);
  }

  #time(offset: number): bigint | undefined {
    const value = this.#bytes.readBigUInt64LE(this.#at + offset);
    return value === TIME_NONE ? undefined : value;
  }
}

/**
 * Cuts a byte stream (socket chunks, or the addon's slabs) into messages. A message that lies
 * within one chunk is read where it is; only one that straddles chunks is put together in a buffer
 * of the reader's own.
 */
export class ElementReader {
  readonly #onMessage: (message: ElementMessageView) => void;
  readonly #view = new ElementMessageView();
  /** Holds the message that straddles chunks; grown as needed, and kept. */
  #carry: Buffer = Buffer.alloc(64 * 1024);
  #carried = 0;

  /** @param onMessage called for each message, synchronously, in order. */
  constructor(onMessage: (message: ElementMessageView) => void) {
    this.#onMessage = onMessage;
  }

  /** Bytes of a message that has not come whole yet. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /**
   * Takes the next bytes. Nothing of `chunk` is kept after the call.
   * @throws KvsError STATUS_FORMAT_ERROR when a length makes no sense: the stream cannot go on.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (this.#carried > 0) {
      const taken = this.#fillCarry(chunk, at);
      if (taken === 0) return;
      at += taken;
    }
    while (chunk.length - at >= ELEMENT_HEADER_BYTES) {
      const end = at + messageBytes(chunk, at);
      if (end > chunk.length) break;
      this.#view.set(chunk, at);
      this.#onMessage(this.#view);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /**
   * Adds to the message that straddles chunks, and hands it on when it is whole.
   * @returns bytes taken; 0 when the chunk had no more.
   */
  #fillCarry(chunk: Buffer, at: number): number {
    if (at === chunk.length) return 0;
    const wanted =
      this.#carried < ELEMENT_HEADER_BYTES ? ELEMENT_HEADER_BYTES : messageBytes(this.#carry, 0);
    const taken = Math.min(wanted - this.#carried, chunk.length - at);
    this.#keep(chunk, at, at + taken);
    if (this.#carried >= ELEMENT_HEADER_BYTES && this.#carried === messageBytes(this.#carry, 0)) {
      this.#carried = 0;
      this.#view.set(this.#carry, 0);
      this.#onMessage(this.#view);
    }
    return taken;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const needed = this.#carried + end - start;
    if (needed > this.#carry.length || this.#carried === 0) this.#growCarry(chunk, start, needed);
    chunk.copy(this.#carry, this.#carried, start, end);
    this.#carried = needed;
  }

  /** Makes room for the whole message at once where its length is already known. */
  #growCarry(chunk: Buffer, start: number, needed: number): void {
    let capacity = needed;
    if (this.#carried >= ELEMENT_HEADER_BYTES) {
      capacity = messageBytes(this.#carry, 0);
    } else if (this.#carried === 0 && chunk.length - start >= ELEMENT_HEADER_BYTES) {
      capacity = messageBytes(chunk, start);
    }
    capacity = Math.max(capacity, needed);
    if (capacity <= this.#carry.length) return;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#carry.copy(larger, 0, 0, this.#carried);
    this.#carry = larger;
  }
}

/** Length of the message whose header starts at `at`. */
function messageBytes(bytes: Buffer, at: number): number {
  const size = bytes.readUInt32LE(at);
  if (size > MAX_PAYLOAD_BYTES) {
    throw new KvsError(
      'STATUS_FORMAT_ERROR',
      `A message of ${size} bytes came from the element; the two ends no longer understand each other`,
      { advice: 'Are the plugin and the host of the same version? Install both from one package.' },
    );
  }
  return ELEMENT_HEADER_BYTES + size;
}
