import { type FileHandle, open } from 'node:fs/promises';

/** Boxes of a file that are looked at before it is given up. */
const MAX_BOXES = 100_000;
/** QuickTime counts seconds from 1904. */
const EPOCH_1904_S = 2_082_844_800;

/** Handlers (ISO/IEC 14496-12 8.4.3) of sound and pictures, and of what only describes them. */
const MEDIA: ReadonlySet<string> = new Set(['vide', 'soun', 'hint', 'meta', 'tmcd']);

/** What the boxes of an MP4 or MOV file say that its frames do not. */
export type Mp4Facts = {
  /** When it was made (`mvhd`), epoch ms. */
  readonly createdMs: number | undefined;
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
    let createdMs: number | undefined;
    let cutOffFrom: number | undefined;
    const otherTracks: string[] = [];
    for await (const box of boxesOf(file, 0, size)) {
      if (box.end > size) cutOffFrom = box.at;
      if (box.type !== 'moov') continue;
      for await (const child of boxesOf(file, box.start, Math.min(box.end, size))) {
        if (child.type === 'mvhd') createdMs = await creationTime(file, child);
        if (child.type === 'trak') otherTracks.push(...(await otherHandler(file, child)));
      }
    }
    return { createdMs, cutOffFrom, otherTracks };
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

async function creationTime(file: FileHandle, mvhd: Box): Promise<number | undefined> {
  const body = await bytesAt(file, mvhd.start, 12);
  if (body.length < 12) return undefined;
  const seconds = body[0] === 1 ? Number(body.readBigUInt64BE(4)) : body.readUInt32BE(4);
  // Zero, or small: nobody has set the clock, or the field.
  return seconds > EPOCH_1904_S ? (seconds - EPOCH_1904_S) * 1000 : undefined;
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
