/** Writing MPEG transport stream packets (ISO/IEC 13818-1, 2.4.3). */

const PACKET_BYTES = 188;
const HEADER_BYTES = 4;
/** What a packet has room for. */
export const PAYLOAD_BYTES = 184;
const PCR_BYTES = 6;
/** Fills what a packet has left, in adaptation fields and behind tables. */
const STUFFING = 0xff;

/** What the adaptation field of the first packet of a PES packet says. */
export type PacketFlags = {
  /** The counters begin anew: segments are made apart from each other. */
  readonly isDiscontinuous: boolean;
  readonly isRandomAccess: boolean;
  /** Program clock reference in units of 90 kHz. */
  readonly pcr: number | undefined;
};

/**
 * Cuts payloads into packets, and counts those of each PID. All packets lie in one buffer: a second
 * of video has thousands of them.
 */
export class TsPackets {
  #buffer: Buffer;
  #used = 0;
  readonly #counters = new Map<number, number>();

  /** @param payloadBytes about what is to come; there is more room when more comes. */
  constructor(payloadBytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.ceil(payloadBytes / PAYLOAD_BYTES + 16) * PACKET_BYTES);
  }

  /** The packets so far. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  /** A table: a section in one packet. */
  section(pid: number, section: Uint8Array): void {
    const at = this.#begin(pid, true, false);
    const end = at + PAYLOAD_BYTES;
    // The pointer field: the section begins right behind it.
    this.#buffer[at] = 0;
    this.#buffer.set(section, at + 1);
    this.#buffer.fill(STUFFING, at + 1 + section.length, end);
  }

  /** A PES packet. */
  pes(pid: number, payload: Uint8Array, flags: PacketFlags): void {
    for (let from = 0; from < payload.length; ) {
      const isFirst = from === 0;
      const left = payload.length - from;
      const fieldBytes = Math.max(isFirst ? flagBytes(flags) : 0, PAYLOAD_BYTES - left);
      const at = this.#begin(pid, isFirst, fieldBytes > 0);
      if (fieldBytes > 0) this.#adaptationField(at, fieldBytes, isFirst ? flags : undefined);
      const until = from + PAYLOAD_BYTES - fieldBytes;
      this.#buffer.set(payload.subarray(from, until), at + fieldBytes);
      from = until;
    }
  }

  /** Writes a packet's header; returns where what is behind it begins. */
  #begin(pid: number, isStart: boolean, hasField: boolean): number {
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, (counter + 1) & 0x0f);
    const at = this.#used;
    this.#used += PACKET_BYTES;
    if (this.#used > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * this.#used);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer[at] = 0x47;
    this.#buffer.writeUInt16BE((isStart ? 0x4000 : 0) | pid, at + 1);
    this.#buffer[at + 3] = (hasField ? 0x30 : 0x10) | counter;
    return at + HEADER_BYTES;
  }

  /** Flags, clock, and stuffing up to the payload's last bytes. */
  #adaptationField(at: number, size: number, flags: PacketFlags | undefined): void {
    const { pcr, isDiscontinuous = false, isRandomAccess = false } = flags ?? {};
    const field = this.#buffer.subarray(at, at + size).fill(STUFFING);
    field[0] = size - 1;
    if (size === 1) return;
    field[1] =
      (isDiscontinuous ? 0x80 : 0) | (isRandomAccess ? 0x40 : 0) | (pcr === undefined ? 0 : 0x10);
    if (pcr === undefined) return;
    // 33 bits of the base, six reserved, nine of the extension, which is 0.
    field.writeUInt32BE(Math.floor(pcr / 2) >>> 0, 2);
    field.writeUInt16BE(((pcr % 2) << 15) | 0x7e00, 6);
  }
}

/** The least that the adaptation field takes: length and flags, and the clock. */
function flagBytes({ pcr, isDiscontinuous, isRandomAccess }: PacketFlags): number {
  if (pcr !== undefined) return 2 + PCR_BYTES;
  return isDiscontinuous || isRandomAccess ? 2 : 0;
}
