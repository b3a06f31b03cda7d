import { open, rename, rm } from 'node:fs/promises';

/** Replaces a file so that a crash leaves either the old or the new contents, never a part. */
export async function writeFileAtomically(path: string, contents: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // Most often the disk is full: a part of a file must not fill it further.
    await rm(temporary, { force: true });
    throw error;
  }
}
