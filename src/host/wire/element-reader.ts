import { KvsError } from '../../errors/kvs-error.ts';
import { ELEMENT_HEADER_BYTES, TIME_NONE } from './wire.ts';

/** A larger payload than this is not a frame but a reader that lost its place. */
const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;
const NO_BYTES: Buffer = Buffer.alloc(0);
/** TIME_NONE, as a decoding time is read. */
const NO_DTS = BigInt.asIntN(64, TIME_NONE);

/**
 * One message of the element: its header, and a view of its payload where it lies. The reader fills
 * the same object again and again: it, and every view taken from it, is valid only during the call.
 * Until `read` is called, only `byteLength`, `type` and `element` are those of the message.
 */
export class ElementMessageView {
  /** Bytes of header and payload together: what the element counts against its window. */
  byteLength = 0;
  type = 0;
  element = 0;
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
  /** The payload, as a view into the chunk it came in. */
  payload: Buffer = NO_BYTES;
  /** Where the message begins in all that the element has sent; known while it is handled. */
  position = 0;
  #bytes: Buffer = NO_BYTES;
  #at = 0;
  /** Over all memory that #bytes is a part of: read so, a number takes no call into Node's own code. */
  #memory = new DataView(NO_BYTES.buffer);

  /**
   * Finds the message that starts at `at`, whole or not.
   * @returns its bytes, header and payload together
   * @throws KvsError STATUS_FORMAT_ERROR when its length makes no sense: the stream cannot go on
   */
  locate(bytes: Buffer, at: number): number {
    if (this.#memory.buffer !== bytes.buffer) this.#memory = new DataView(bytes.buffer);
    const start = bytes.byteOffset + at;
    const size = this.#memory.getUint32(start, true);
    if (size > MAX_PAYLOAD_BYTES) throw misunderstood(size);
    this.byteLength = ELEMENT_HEADER_BYTES + size;
    this.type = this.#memory.getUint8(start + 4);
    this.element = this.#memory.getUint32(start + 44, true);
    this.#bytes = bytes;
    this.#at = at;
    return this.byteLength;
  }

  /** Reads the rest of the header of the message that was located, which has come whole. */
  read(): void {
    const memory = this.#memory;
    const bytes = this.#bytes;
    const start = bytes.byteOffset + this.#at;
    const ptsNs = memory.getBigUint64(start + 8, true);
    const dtsNs = memory.getBigInt64(start + 16, true);
    const durationNs = memory.getBigUint64(start + 24, true);
    this.track = memory.getUint8(start + 5);
    this.flags = memory.getUint16(start + 6, true);
    this.ptsNs = ptsNs === TIME_NONE ? undefined : ptsNs;
    this.dtsNs = dtsNs === NO_DTS ? undefined : dtsNs;
    this.durationNs = durationNs === TIME_NONE ? 0n : durationNs;
    this.monotonicNs = memory.getBigUint64(start + 32, true);
    this.sequence = memory.getUint32(start + 40, true);
    this.payload = bytes.subarray(this.#at + ELEMENT_HEADER_BYTES, this.#at + this.byteLength);
  }

  /** Header and payload, as a view into the chunk they came in. */
  raw(): Buffer {
    return this.#bytes.subarray(this.#at, this.#at + this.byteLength);
  }
}

function misunderstood(size: number): KvsError {
  return new KvsError(
    'STATUS_FORMAT_ERROR',
    `A message of ${size} bytes came from the element; the two ends no longer understand each other`,
    { advice: 'Are the plugin and the host of the same version? Install both from one package.' },
  );
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

  /** @param onMessage called for each message, located but not read, synchronously, in order. */
  constructor(onMessage: (message: ElementMessageView) => void) {
    this.#onMessage = onMessage;
  }

  /** Bytes of a message that has not come whole yet. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /** Bytes that the next message lacks of its header, or once that has come, of its whole. */
  get missingBytes(): number {
    const wanted =
      this.#carried < ELEMENT_HEADER_BYTES
        ? ELEMENT_HEADER_BYTES
        : this.#view.locate(this.#carry, 0);
    return wanted - this.#carried;
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
      const end = at + this.#view.locate(chunk, at);
      if (end > chunk.length) break;
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
    const taken = Math.min(this.missingBytes, chunk.length - at);
    this.#keep(chunk, at, at + taken);
    if (this.missingBytes === 0) {
      this.#carried = 0;
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
      capacity = this.#view.locate(this.#carry, 0);
    } else if (this.#carried === 0 && chunk.length - start >= ELEMENT_HEADER_BYTES) {
      capacity = this.#view.locate(chunk, start);
    }
    capacity = Math.max(capacity, needed);
    if (capacity <= this.#carry.length) return;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#carry.copy(larger, 0, 0, this.#carried);
    this.#carry = larger;
  }
}
