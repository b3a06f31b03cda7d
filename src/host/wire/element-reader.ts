import { KvsError } from '../../errors/kvs-error.ts';
import { ELEMENT_HEADER_BYTES, TIME_NONE } from './wire.ts';

/** A larger payload than this is not a frame but a reader that lost its place. */
const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;
const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * One message of the element: its header, and a view of its payload where it lies. The reader fills
 * the same object again and again: it, and every view taken from it, is valid only during the call.
 */
export class ElementMessageView {
  /** Bytes of header and payload together: what the element counts against its window. */
  byteLength = 0;
  type = 0;
  track = 0;
  flags = 0;
  /** Nanoseconds; undefined for GST_CLOCK_TIME_NONE. */
  ptsNs: bigint | undefined;
  /** Nanoseconds; negative before the segment's start, as a B-frame stream begins. */
  dtsNs: bigint | undefined;
  /** Nanoseconds; 0 when unknown. */
  durationNs = 0n;
  /** CLOCK_MONOTONIC in ns when the buffer came into the element. */
  monotonicNs = 0n;
  sequence = 0;
  element = 0;
  /** The payload, as a view into the chunk it came in. */
  payload: Buffer = NO_BYTES;
  /** Where the message begins in all that the element has sent; known while it is handled. */
  position = 0;
  #bytes: Buffer = NO_BYTES;
  #at = 0;

  /** Reads the header of a whole message that starts at `at`. */
  read(bytes: Buffer, at: number): void {
    const size = bytes.readUInt32LE(at);
    const ptsNs = bytes.readBigUInt64LE(at + 8);
    const dtsNs = bytes.readBigUInt64LE(at + 16);
    const durationNs = bytes.readBigUInt64LE(at + 24);
    const start = at + ELEMENT_HEADER_BYTES;
    this.byteLength = ELEMENT_HEADER_BYTES + size;
    this.type = bytes[at + 4] as number;
    this.track = bytes[at + 5] as number;
    this.flags = bytes.readUInt16LE(at + 6);
    this.ptsNs = ptsNs === TIME_NONE ? undefined : ptsNs;
    this.dtsNs = dtsNs === TIME_NONE ? undefined : BigInt.asIntN(64, dtsNs);
    this.durationNs = durationNs === TIME_NONE ? 0n : durationNs;
    this.monotonicNs = bytes.readBigUInt64LE(at + 32);
    this.sequence = bytes.readUInt32LE(at + 40);
    this.element = bytes.readUInt32LE(at + 44);
    this.payload = bytes.subarray(start, start + size);
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Header and payload, as a view into the chunk they came in. */
  raw(): Buffer {
    return this.#bytes.subarray(this.#at, this.#at + this.byteLength);
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
      this.#view.read(chunk, at);
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
      this.#view.read(this.#carry, 0);
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
