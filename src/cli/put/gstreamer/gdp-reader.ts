import { KvsError } from '../../../errors/kvs-error.ts';

/** Header of a GDP packet, version 1.0. All numbers are big-endian. */
const HEADER_BYTES = 62;
const TYPE_AT = 4;
const LENGTH_AT = 6;
const PTS_AT = 10;
const DURATION_AT = 18;
const BUFFER_FLAGS_AT = 42;
const DTS_AT = 44;

/** Payload types; events have 64 and more. */
const BUFFER = 1;
const CAPS = 2;
const FIRST_EVENT = 64;

/** GST_CLOCK_TIME_NONE. */
const NO_TIME = 2n ** 64n - 1n;
/** No frame that is sent is as large: a fragment of KVS has at most 50 MB. */
const MAX_PAYLOAD_BYTES = 128 * 1024 * 1024;

/** GstBufferFlags that are of interest. */
export const BUFFER_FLAG = {
  DECODE_ONLY: 1 << 5,
  DISCONT: 1 << 6,
  CORRUPTED: 1 << 8,
  DROPPABLE: 1 << 12,
  DELTA_UNIT: 1 << 13,
} as const;

/** A GstBuffer. Its bytes are valid during the call only. */
export type GdpBuffer = {
  readonly ptsNs: bigint | undefined;
  readonly dtsNs: bigint | undefined;
  readonly durationNs: bigint | undefined;
  readonly flags: number;
  readonly data: Buffer;
};

/** What is called in the order of the stream. Texts are as gst_structure_to_string writes them. */
export type GdpHandlers = {
  readonly caps: (text: string) => void;
  readonly event: (structure: string) => void;
  readonly buffer: (buffer: GdpBuffer) => void;
};

/**
 * Reads the GStreamer Data Protocol, in which `gdppay` writes caps, events and buffers with all
 * that GStreamer knows of them. A packet that lies wholly in one chunk is read where it lies.
 */
export class GdpReader {
  readonly #handlers: GdpHandlers;
  /** The first bytes of a packet that has not come wholly. */
  #assembly = Buffer.alloc(64 * 1024);
  #assembled = 0;
  #needed = HEADER_BYTES;

  constructor(handlers: GdpHandlers) {
    this.#handlers = handlers;
  }

  /** Whether all that has come was whole packets. */
  get isBetweenPackets(): boolean {
    return this.#assembled === 0;
  }

  /**
   * Takes the next bytes. Handlers are called before it returns; what they throw comes out here.
   * @throws KvsError STATUS_FORMAT_ERROR for what is not GDP 1.0
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#assembled > 0) {
        const end = Math.min(at + this.#needed - this.#assembled, chunk.length);
        this.#assemble(chunk.subarray(at, end));
        at = end;
        if (this.#assembled === this.#needed) this.#stepAssembled();
        continue;
      }
      const used = this.#step(chunk.subarray(at));
      if (used === 0) this.#assemble(chunk.subarray(at));
      at = used === 0 ? chunk.length : at + used;
    }
  }

  #stepAssembled(): void {
    const length = this.#assembled;
    this.#assembled = 0;
    if (this.#step(this.#assembly.subarray(0, length)) === 0) this.#assembled = length;
  }

  #assemble(part: Buffer): void {
    const length = this.#assembled + part.length;
    if (length > this.#assembly.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#assembly.length));
      this.#assembly.copy(larger, 0, 0, this.#assembled);
      this.#assembly = larger;
    }
    part.copy(this.#assembly, this.#assembled);
    this.#assembled = length;
  }

  /** @returns bytes of the packet; 0 when more are needed, how many is then in #needed */
  #step(data: Buffer): number {
    if (data.length < HEADER_BYTES) {
      this.#needed = HEADER_BYTES;
      return 0;
    }
    const length = data.readUInt32BE(LENGTH_AT);
    if (data[0] !== 1 || data[1] !== 0 || length > MAX_PAYLOAD_BYTES) {
      throw new KvsError('STATUS_FORMAT_ERROR', 'GStreamer wrote what is not its data protocol');
    }
    const total = HEADER_BYTES + length;
    if (data.length < total) {
      this.#needed = total;
      return 0;
    }
    const payload = data.subarray(HEADER_BYTES, total);
    const type = data.readUInt16BE(TYPE_AT);
    if (type === BUFFER) {
      this.#handlers.buffer({
        ptsNs: timeAt(data, PTS_AT),
        dtsNs: timeAt(data, DTS_AT),
        durationNs: timeAt(data, DURATION_AT),
        flags: data.readUInt16BE(BUFFER_FLAGS_AT),
        data: payload,
      });
    } else if (type === CAPS) {
      this.#handlers.caps(textOf(payload));
    } else if (type >= FIRST_EVENT) {
      this.#handlers.event(textOf(payload));
    }
    return total;
  }
}

function timeAt(data: Buffer, at: number): bigint | undefined {
  const ns = data.readBigUInt64BE(at);
  return ns === NO_TIME ? undefined : ns;
}

/** Ends with a zero byte. */
function textOf(payload: Buffer): string {
  const end = payload.at(-1) === 0 ? payload.length - 1 : payload.length;
  return payload.toString('utf8', 0, end);
}
