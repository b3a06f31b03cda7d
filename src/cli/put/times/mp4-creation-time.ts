import type { FileHandle } from 'node:fs/promises';

/** Boxes of a file that are looked at before the search for `moov` is given up. */
const MAX_BOXES = 10_000;
/** QuickTime counts seconds from 1904. */
const EPOCH_1904_S = 2_082_844_800;

/**
 * When an MP4 or MOV file says that it was created (`mvhd`).
 * @returns epoch ms; undefined where it does not say
 */
export async function mp4CreationTime(file: FileHandle, size: number): Promise<number | undefined> {
  const moov = await findBox(file, 'moov', 0, size);
  const mvhd = moov && (await findBox(file, 'mvhd', moov.start, moov.end));
  if (mvhd === undefined) return undefined;
  const body = await bytesAt(file, mvhd.start, 12);
  if (body.length < 12) return undefined;
  const seconds = body[0] === 1 ? Number(body.readBigUInt64BE(4)) : body.readUInt32BE(4);
  // Zero, or small: nobody has set the clock, or the field.
  return seconds > EPOCH_1904_S ? (seconds - EPOCH_1904_S) * 1000 : undefined;
}

/** Where a box's content lies. */
type Box = { readonly start: number; readonly end: number };

async function findBox(
  file: FileHandle,
  type: string,
  start: number,
  end: number,
): Promise<Box | undefined> {
  let at = start;
  for (let boxes = 0; boxes < MAX_BOXES && at + 8 <= end; boxes += 1) {
    const header = await bytesAt(file, at, 16);
    if (header.length < 8) return undefined;
    const short = header.readUInt32BE(0);
    const isLong = short === 1 && header.length === 16;
    const size = isLong ? Number(header.readBigUInt64BE(8)) : short === 0 ? end - at : short;
    const headerBytes = isLong ? 16 : 8;
    if (size < headerBytes) return undefined;
    if (header.toString('latin1', 4, 8) === type) {
      return { start: at + headerBytes, end: Math.min(at + size, end) };
    }
    at += size;
  }
  return undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
