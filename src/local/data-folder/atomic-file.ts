import { open, rename } from 'node:fs/promises';

/** Replaces a file so that a crash leaves either the old or the new contents, never a part. */
export async function writeFileAtomically(path: string, contents: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
