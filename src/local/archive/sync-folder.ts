import { open } from 'node:fs/promises';

/** Has a folder's entries survive a power failure: files that were made, renamed or removed. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch {
    // Some network file systems have no such thing.
  } finally {
    await folder.close();
  }
}
