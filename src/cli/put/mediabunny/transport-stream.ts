import { open } from 'node:fs/promises';

/** So much of the beginning is searched for the tables, which come several times a second. */
const SEARCH_BYTES = 1024 * 1024;
const PACKET_BYTES = 188;
const SYNC = 0x47;
const PAT_PID = 0;
const PMT_TABLE = 2;

/**
 * The stream types (ISO/IEC 13818-1 table 2-34) that an MPEG-TS file says it has.
 * @returns undefined for other files, and for those whose tables lie otherwise than usual
 */
export async function transportStreamTypes(path: string): Promise<readonly number[] | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SEARCH_BYTES), 0, SEARCH_BYTES, 0);
    return streamTypes(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function streamTypes(bytes: Buffer): readonly number[] | undefined {
  let pmtPids: readonly number[] = [];
  for (let at = 0; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
    const packet = bytes.subarray(at, at + PACKET_BYTES);
    if (packet[0] !== SYNC) return undefined;
    const pid = packet.readUInt16BE(1) & 0x1fff;
    if (pid !== PAT_PID && !pmtPids.includes(pid)) continue;
    const section = sectionOf(packet);
    if (section === undefined) continue;
    if (pid === PAT_PID) pmtPids = programMaps(section);
    // Of several programs, nobody knows which one is meant.
    else if (section[0] === PMT_TABLE) return pmtPids.length === 1 ? typesOf(section) : undefined;
  }
  return undefined;
}

/** The section that begins in a packet and lies wholly in it, without its CRC. */
function sectionOf(packet: Buffer): Buffer | undefined {
  const begins = ((packet[1] ?? 0) & 0x40) !== 0;
  const hasAdaptation = ((packet[3] ?? 0) & 0x20) !== 0;
  const payload = 4 + (hasAdaptation ? 1 + (packet[4] ?? 0) : 0);
  const start = payload + 1 + (packet[payload] ?? 0);
  if (!begins || start + 3 > packet.length) return undefined;
  const end = start + 3 + (packet.readUInt16BE(start + 1) & 0x0fff) - 4;
  return end > packet.length ? undefined : packet.subarray(start, end);
}

function programMaps(section: Buffer): readonly number[] {
  const pids: number[] = [];
  for (let at = 8; at + 4 <= section.length; at += 4) {
    const isProgram = section.readUInt16BE(at) !== 0;
    if (isProgram) pids.push(section.readUInt16BE(at + 2) & 0x1fff);
  }
  return pids;
}

function typesOf(section: Buffer): readonly number[] {
  const types: number[] = [];
  let at = 12 + (section.readUInt16BE(10) & 0x0fff);
  while (at + 5 <= section.length) {
    types.push(section[at] ?? 0);
    at += 5 + (section.readUInt16BE(at + 3) & 0x0fff);
  }
  return types;
}
