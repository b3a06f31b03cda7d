/** Program-specific information of a stream with one program (ISO/IEC 13818-1, 2.4.4). */

export const PAT_PID = 0;
export const PMT_PID = 0x1000;
const PROGRAM = 1;

/** stream_type of what KVS plays (ISO/IEC 13818-1, table 2-34). */
export const STREAM_TYPE = { avc: 0x1b, hevc: 0x24, adts: 0x0f } as const;

/** An elementary stream as the program map names it. */
export type ElementaryStream = {
  readonly pid: number;
  readonly streamType: number;
};

/** The program association section. */
export function programAssociation(): Buffer {
  return section(0x00, 1, [PROGRAM >> 8, PROGRAM & 0xff, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff]);
}

/** The program map section; the first stream carries the clock. */
export function programMap(streams: readonly ElementaryStream[]): Buffer {
  const clockPid = streams[0]?.pid ?? 0x1fff;
  return section(0x02, PROGRAM, [
    0xe0 | (clockPid >> 8),
    clockPid & 0xff,
    0xf0,
    0,
    ...streams.flatMap(({ pid, streamType }) => [
      streamType,
      0xe0 | (pid >> 8),
      pid & 0xff,
      0xf0,
      0,
    ]),
  ]);
}

function section(tableId: number, id: number, contents: readonly number[]): Buffer {
  const length = 5 + contents.length + 4;
  const bytes = Buffer.from([
    tableId,
    0xb0 | (length >> 8),
    length & 0xff,
    id >> 8,
    id & 0xff,
    // Version 0, current; the only section.
    0xc1,
    0,
    0,
    ...contents,
    0,
    0,
    0,
    0,
  ]);
  bytes.writeUInt32BE(crc32Mpeg(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/** CRC-32 of MPEG-2 (annex A): not reflected, and not inverted at the end, unlike zlib's. */
function crc32Mpeg(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let i = 0; i < 8; i++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}
