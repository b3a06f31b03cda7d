import { readFile } from 'node:fs/promises';
import { codeOf, DataFolderError } from './data-folder-error.ts';
import type { StreamRecord } from './stream-record.ts';

/**
 * Reads streams.json; no streams when it is not there.
 * @throws DataFolderError DATA_FOLDER_DAMAGED when it is not what the service writes,
 *   DATA_FOLDER_UNUSABLE when it cannot be read.
 */
export async function readStreamRecords(file: string): Promise<StreamRecord[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw new DataFolderError('DATA_FOLDER_UNUSABLE', `${file} cannot be read: ${cause}`, {
      cause,
    });
  }
  const records = parse(text);
  if (records !== undefined) return records;
  throw new DataFolderError(
    'DATA_FOLDER_DAMAGED',
    `${file} is damaged, and nothing was changed. Repair it, use another folder with --data, or ` +
      'move the file away: the service then starts without streams, and leaves theirs in streams/',
  );
}

function parse(text: string): StreamRecord[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isRecord) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value has all that the service cannot do without. */
function isRecord(value: unknown): value is StreamRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { name, arn, folder, creationTimeMs, retentionHours, tags } = value as StreamRecord;
  return (
    typeof name === 'string' &&
    typeof arn === 'string' &&
    // It becomes a path: a folder of another name than the service's own stays out of it.
    typeof folder === 'string' &&
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(folder) &&
    Number.isFinite(creationTimeMs) &&
    Number.isFinite(retentionHours) &&
    typeof tags === 'object' &&
    tags !== null
  );
}
