import { type FileHandle, open } from 'node:fs/promises';
import type { FileTimes } from '../media/media-file.ts';

/** Boxes of a file that are looked at before it is given up. */
const MAX_BOXES = 100_000;
/** QuickTime counts seconds from 1904. */
const EPOCH_1904_S = 2_082_844_800;
/** All ones: a duration that nobody knows. */
const UNKNOWN_32 = 0xffff_ffff;
const UNKNOWN_64 = 2 ** 64 - 1;

/** Handlers (ISO/IEC 14496-12 8.4.3) of sound and pictures, and of what only describes them. */
const MEDIA: ReadonlySet<string> = new Set(['vide', 'soun', 'hint', 'meta', 'tmcd']);

/** What the boxes of an MP4 or MOV file say that its frames do not. */
export type Mp4Facts = FileTimes & {
  /** Where the box begins whose end is not in the file; undefined where the file is whole. */
  readonly cutOffFrom: number | undefined;
  /** Handlers of the tracks that are neither sound nor pictures, such as subtitles. */
  readonly otherTracks: readonly string[];
};

/** Reads the boxes, and none of the media. */
export async function readMp4Facts(path: string): Promise<Mp4Facts> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    let times: FileTimes = { createdMs: undefined, durationMs: undefined };
    let cutOffFrom: number | undefined;
    const otherTracks: string[] = [];
    for await (const box of boxesOf(file, 0, size)) {
      if (box.end > size) cutOffFrom = box.at;
      if (box.type !== 'moov') continue;
      for await (const child of boxesOf(file, box.start, Math.min(box.end, size))) {
        if (child.type === 'mvhd') times = await movieTimes(file, child);
        if (child.type === 'trak') otherTracks.push(...(await otherHandler(file, child)));
      }
    }
    return { ...times, cutOffFrom, otherTracks };
  } finally {
    await file.close();
  }
}

/** A box: where it begins, and where its content does and ends. */
type Box = {
  readonly type: string;
  readonly at: number;
  readonly start: number;
  readonly end: number;
};

async function* boxesOf(file: FileHandle, start: number, end: number): AsyncGenerator<Box> {
  let at = start;
  for (let boxes = 0; boxes < MAX_BOXES && at < end; boxes += 1) {
    const header = await bytesAt(file, at, 16);
    if (header.length < 8) {
      yield { type: '', at, start: end, end: at + 8 };
      return;
    }
    const short = header.readUInt32BE(0);
    const isLong = short === 1 && header.length === 16;
    const size = isLong ? Number(header.readBigUInt64BE(8)) : short === 0 ? end - at : short;
    const headerBytes = isLong ? 16 : 8;
    if (size < headerBytes) return;
    yield { type: header.toString('latin1', 4, 8), at, start: at + headerBytes, end: at + size };
    at += size;
  }
}

/** What `mvhd` says (ISO/IEC 14496-12 8.2.2). A fragmented file has a duration of 0 there. */
async function movieTimes(file: FileHandle, mvhd: Box): Promise<FileTimes> {
  const body = await bytesAt(file, mvhd.start, 32);
  if (body.length < 32) return { createdMs: undefined, durationMs: undefined };
  const isLong = body[0] === 1;
  const seconds = isLong ? Number(body.readBigUInt64BE(4)) : body.readUInt32BE(4);
  const units = isLong ? Number(body.readBigUInt64BE(24)) : body.readUInt32BE(16);
  const unitsPerSecond = body.readUInt32BE(isLong ? 20 : 12);
  const isKnown = units > 0 && units < (isLong ? UNKNOWN_64 : UNKNOWN_32) && unitsPerSecond > 0;
  return {
    // Zero, or small: nobody has set the clock, or the field.
    createdMs: seconds > EPOCH_1904_S ? (seconds - EPOCH_1904_S) * 1000 : undefined,
    durationMs: isKnown ? (units * 1000) / unitsPerSecond : undefined,
  };
}

async function otherHandler(file: FileHandle, trak: Box): Promise<string[]> {
  for await (const mdia of boxesOf(file, trak.start, trak.end)) {
    if (mdia.type !== 'mdia') continue;
    for await (const hdlr of boxesOf(file, mdia.start, mdia.end)) {
      if (hdlr.type !== 'hdlr') continue;
      const handler = (await bytesAt(file, hdlr.start + 8, 4)).toString('latin1');
      return MEDIA.has(handler) ? [] : [handler];
    }
  }
  return [];
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
