import { readFile, stat } from 'node:fs/promises';
import { KvsError, type ServiceFailure } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AwsCredentials } from '../signing/aws-credentials.ts';
import { parseExpiration } from './expiration.ts';

/**
 * Upstream's limits:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/Common/FileCredentialProvider.c#L110-L185
 */
const MAX_FILE_BYTES = 10_000;
const MAX_ACCESS_KEY_CHARS = 128;
const MAX_SECRET_KEY_CHARS = 128;
const MAX_TOKEN_CHARS = 2_048;

/** A file that does not read well is most likely being written: look again this often, this soon. */
const ATTEMPTS = 5;
const ATTEMPT_AFTER_MS = 100;

function bad(path: string, code: StatusName, what: string, advice: string): KvsError {
  return new KvsError(code, `credential-path ${path}: ${what}`, { advice });
}

function tooLong(path: string, bytes: number): KvsError {
  return bad(
    path,
    'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH',
    `is ${bytes} bytes long`,
    `A credential file has less than ${MAX_FILE_BYTES} bytes.`,
  );
}

/** Like a credential service that does not answer; anything but a missing file is an error. */
const NOT_THERE_YET: ServiceFailure = {
  kind: 'other',
  httpStatus: undefined,
  exception: undefined,
  retryAfterMs: undefined,
};

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

const FORMS =
  'Write either "CREDENTIALS accessKey secretKey" or "CREDENTIALS accessKey YYYY-MM-DDTHH:MM:SSZ secretKey sessionToken".';

/**
 * Reads the words of a credential file, both of upstream's forms.
 * @param nowMs Service time; an expiration before it is refused. Undefined: the service judges.
 * @throws KvsError with upstream's status for each defect. No word of the file is in the message.
 */
export function parseCredentialFile(
  text: string,
  path: string,
  nowMs: number | undefined,
): AwsCredentials {
  const bytes = Buffer.byteLength(text);
  if (bytes >= MAX_FILE_BYTES) throw tooLong(path, bytes);
  const [keyword, accessKeyId, third, fourth, fifth] = text.split(/[ \t\r\n]+/).filter(Boolean);
  if (keyword === undefined) {
    throw bad(path, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH', 'is empty', FORMS);
  }
  if (keyword !== 'CREDENTIALS') {
    const what = 'does not begin with the word CREDENTIALS';
    throw bad(path, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT', what, FORMS);
  }
  if (accessKeyId === undefined || third === undefined) {
    const what = 'has no access key, or no secret key after it';
    throw bad(path, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT', what, FORMS);
  }
  if (fourth === undefined) return checked({ accessKeyId, secretAccessKey: third }, path);
  const expiration = parseExpiration(third);
  if (expiration === undefined) {
    const what = 'has more than two keys, but the third word is not an expiration time';
    throw bad(path, 'STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT', what, FORMS);
  }
  if (fifth === undefined) {
    const what = 'has an expiration but no session token';
    throw bad(path, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT', what, FORMS);
  }
  if (nowMs !== undefined && expiration.getTime() <= nowMs) {
    throw bad(
      path,
      'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST',
      `holds credentials that expired at ${third}`,
      'Write new ones to the file; it is read again.',
    );
  }
  return checked({ accessKeyId, secretAccessKey: fourth, sessionToken: fifth, expiration }, path);
}

function checked(credentials: AwsCredentials, path: string): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials;
  for (const [what, value, limit] of [
    ['access key', accessKeyId, MAX_ACCESS_KEY_CHARS],
    ['secret key', secretAccessKey, MAX_SECRET_KEY_CHARS],
    ['session token', sessionToken, MAX_TOKEN_CHARS],
  ] as const) {
    if (value.length > limit) {
      throw bad(
        path,
        'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT',
        `its ${what} is ${value.length} characters long`,
        `A ${what} has at most ${limit} characters.`,
      );
    }
  }
  return credentials;
}

/** A credential file on disk, read anew when it has changed. */
export type CredentialFile = {
  fetch(): Promise<AwsCredentials>;
  /** True when the file is another than the one last read. */
  changed(): Promise<boolean>;
};

/** @param now Service time in ms, once it is known. */
export function credentialFile(
  path: string,
  clock: Clock,
  now: () => number | undefined,
): CredentialFile {
  let lastRead = '';
  const read = async (): Promise<AwsCredentials> => {
    // Taken before reading: a file that changes meanwhile is seen as changed next time.
    lastRead = await identity(path);
    let text: string;
    try {
      await checkFile(path);
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof KvsError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new KvsError(
        'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED',
        `credential-path ${path} cannot be read: ${reason}`,
        {
          cause: error,
          advice: 'Check the path (a relative one starts at the working directory).',
          // Whoever writes it may start later than this device's camera: it is waited for.
          ...(isMissing(error) ? { failure: NOT_THERE_YET } : {}),
        },
      );
    }
    return parseCredentialFile(text, path, now());
  };
  return {
    async fetch() {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await read();
        } catch (error) {
          if (attempt === ATTEMPTS) throw error;
          await new Promise<void>((resolve) => {
            clock.after(ATTEMPT_AFTER_MS, resolve);
          });
        }
      }
    },
    changed: async () => (await identity(path)) !== lastRead,
  };
}

/** Read whole, a device, a pipe or a huge file would never end, or fill the memory. */
async function checkFile(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.size >= MAX_FILE_BYTES) throw tooLong(path, found.size);
}

/** What tells one state of a file from another; '' while there is none. */
async function identity(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return '';
  }
}
