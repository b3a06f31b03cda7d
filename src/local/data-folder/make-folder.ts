import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, DataFolderError } from './data-folder-error.ts';

/**
 * Makes a folder and those above it, for this user alone. Not node's own `recursive`, which never
 * returns where the kernel answers ENOENT below a folder that is there, as it does in /proc.
 * @throws DataFolderError DATA_FOLDER_UNUSABLE
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (cause) {
    throw new DataFolderError(
      'DATA_FOLDER_UNUSABLE',
      `The folder ${path} cannot be used: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await isFolder(path))) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || (await isFolder(parent))) throw error;
    await make(parent);
    await make(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
