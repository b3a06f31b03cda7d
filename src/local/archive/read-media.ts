import { open, readFile } from 'node:fs/promises';
import { looseFile, type Written } from './archive-writer.ts';

/**
 * Reads the media of a fragment.
 * @throws Error when the file is gone, or does not hold all of it.
 */
export async function readMedia(folder: string, { part, entry }: Written): Promise<Buffer> {
  const { record, at } = entry;
  const bytes =
    at === undefined
      ? await readFile(looseFile(folder, record.number))
      : await readRange(part.mediaFile, at, record.bytes);
  if (bytes.length === record.bytes) return bytes;
  throw new Error(`The fragment ${record.number} is not whole`);
}

async function readRange(path: string, offset: number, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
