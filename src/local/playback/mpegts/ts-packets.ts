/** Writing MPEG transport stream packets (ISO/IEC 13818-1, 2.4.3). */

const PACKET_BYTES = 188;
const PAYLOAD_BYTES = 184;
const PCR_BYTES = 6;

/** What the adaptation field of the first packet of a PES packet says. */
export type PacketFlags = {
  /** The counters begin anew: segments are made apart from each other. */
  readonly isDiscontinuous: boolean;
  readonly isRandomAccess: boolean;
  /** Program clock reference in units of 90 kHz. */
  readonly pcr: number | undefined;
};

/** Cuts payloads into packets, and counts those of each PID. */
export class TsPackets {
  readonly #packets: Buffer[] = [];
  readonly #counters = new Map<number, number>();

  /** The packets so far. */
  bytes(): Buffer {
    return Buffer.concat(this.#packets);
  }

  /** A table: a section in one packet. */
  section(pid: number, section: Uint8Array): void {
    const payload = Buffer.alloc(PAYLOAD_BYTES, 0xff);
    // The pointer field: the section begins right behind it.
    payload[0] = 0;
    payload.set(section, 1);
    this.#push(pid, true, undefined, payload);
  }

  /** A PES packet. */
  pes(pid: number, payload: Uint8Array, flags: PacketFlags): void {
    let at = 0;
    while (at < payload.length) {
      const isFirst = at === 0;
      const left = payload.length - at;
      const field = adaptationField(isFirst ? flags : undefined, left);
      const size = Math.min(left, PAYLOAD_BYTES - (field?.length ?? 0));
      this.#push(pid, isFirst, field, payload.subarray(at, at + size));
      at += size;
    }
  }

  #push(pid: number, isStart: boolean, field: Uint8Array | undefined, payload: Uint8Array): void {
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, (counter + 1) & 0x0f);
    const packet = Buffer.alloc(PACKET_BYTES);
    packet[0] = 0x47;
    packet.writeUInt16BE((isStart ? 0x4000 : 0) | pid, 1);
    packet[3] = (field === undefined ? 0x10 : 0x30) | counter;
    packet.set(field ?? [], 4);
    packet.set(payload, 4 + (field?.length ?? 0));
    this.#packets.push(packet);
  }
}

/** Flags, clock, and stuffing up to the payload's last bytes; undefined when there is none of it. */
function adaptationField(flags: PacketFlags | undefined, payloadBytes: number): Buffer | undefined {
  const { pcr, isDiscontinuous = false, isRandomAccess = false } = flags ?? {};
  const hasFlags = pcr !== undefined || isDiscontinuous || isRandomAccess;
  const least = hasFlags ? 2 + (pcr === undefined ? 0 : PCR_BYTES) : 0;
  const size = Math.max(least, PAYLOAD_BYTES - payloadBytes);
  if (size === 0) return undefined;
  const field = Buffer.alloc(size, 0xff);
  field[0] = size - 1;
  if (size === 1) return field;
  field[1] =
    (isDiscontinuous ? 0x80 : 0) | (isRandomAccess ? 0x40 : 0) | (pcr === undefined ? 0 : 0x10);
  if (pcr !== undefined) {
    // 33 bits of the base, six reserved, nine of the extension, which is 0.
    field.writeUInt32BE(Math.floor(pcr / 2) >>> 0, 2);
    field.writeUInt16BE(((pcr % 2) << 15) | 0x7e00, 6);
  }
  return field;
}
