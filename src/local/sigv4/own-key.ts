import { randomBytes, randomInt } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { writeFileAtomically } from '../data-folder/atomic-file.ts';
import { codeOf, DataFolderError } from '../data-folder/data-folder-error.ts';

/** An access key and its secret. */
export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string };

const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SECRET_BYTES = 30;

/**
 * The service's own access key, which no other service takes. Made when the file is not there; the
 * file is an AWS credentials file (AWS_SHARED_CREDENTIALS_FILE), and only its owner can read it.
 * @throws DataFolderError DATA_FOLDER_DAMAGED when there is no key in the file,
 *   DATA_FOLDER_UNUSABLE when it cannot be read or written.
 */
export async function ownKey(file: string): Promise<AccessKey> {
  try {
    const text = await readFile(file, 'utf8');
    // Copied or restored with other permissions.
    if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
    return parse(file, text);
  } catch (cause) {
    if (cause instanceof DataFolderError) throw cause;
    if (codeOf(cause) === 'ENOENT') return make(file);
    throw unusable(file, cause);
  }
}

function parse(file: string, text: string): AccessKey {
  const accessKeyId = /^aws_access_key_id\s*=\s*([A-Z0-9]{16,128})\s*$/m.exec(text)?.[1];
  const secretAccessKey = /^aws_secret_access_key\s*=\s*(\S{16,})\s*$/m.exec(text)?.[1];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey };
  }
  throw new DataFolderError(
    'DATA_FOLDER_DAMAGED',
    `${file} has no access key: repair it, or remove it, and the service makes another key`,
  );
}

async function make(file: string): Promise<AccessKey> {
  let accessKeyId = 'AKIA';
  while (accessKeyId.length < 20) accessKeyId += BASE_32[randomInt(BASE_32.length)];
  const secretAccessKey = randomBytes(SECRET_BYTES).toString('base64');
  const text = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  try {
    await writeFileAtomically(file, text);
  } catch (cause) {
    throw unusable(file, cause);
  }
  return { accessKeyId, secretAccessKey };
}

function unusable(file: string, cause: unknown): DataFolderError {
  return new DataFolderError('DATA_FOLDER_UNUSABLE', `${file} cannot be used: ${cause}`, { cause });
}
