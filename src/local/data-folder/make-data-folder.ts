import { makeFolder } from '../../runtime/make-folder.ts';
import { DataFolderError } from './data-folder-error.ts';

/**
 * Makes a folder of the service's data and those above it, for this user alone.
 * @throws DataFolderError DATA_FOLDER_UNUSABLE
 */
export async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (cause) {
    throw new DataFolderError(
      'DATA_FOLDER_UNUSABLE',
      `The folder ${path} cannot be used: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}
