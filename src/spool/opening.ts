import type { Clock } from '../runtime/clock.ts';
import { machineStart } from '../runtime/machine-start.ts';
import { makeFolder } from '../runtime/make-folder.ts';
import { readSpoolKey } from './cipher.ts';
import { type FoundSpool, findSpool, type StreamIdentity } from './find-spool.ts';
import { SpoolLock } from './lock.ts';
import type { SpoolSettings } from './settings.ts';
import { SpoolFiles } from './spool-files.ts';

/** A spool that this process has the right to use. */
export type OpenSpool = {
  readonly lock: SpoolLock;
  readonly files: SpoolFiles;
  /** What earlier runs have left. */
  readonly found: FoundSpool;
};

/** Spools that this process is closing: another stream of it may open them next. */
const closing = new Map<string, Promise<void>>();

/**
 * Makes the folder if it is not there, locks it, and reads what is in it.
 * @throws KvsError for a lock that another process has, and for a key that is missing or wrong;
 * another error for a disk that cannot be used
 */
export async function openSpool(
  folder: string,
  settings: SpoolSettings,
  clock: Clock,
): Promise<OpenSpool> {
  await closing.get(folder);
  const { keyFile, streamName, streamArn, sizeBytes, sync } = settings;
  const key = keyFile === undefined ? undefined : await readSpoolKey(keyFile);
  await makeFolder(folder);
  const lock = await SpoolLock.take(folder);
  try {
    const stream: StreamIdentity = {
      ...(streamName === undefined ? {} : { streamName }),
      ...(streamArn === undefined ? {} : { streamArn }),
    };
    const found = await findSpool(folder, key);
    const nowMs = (): number => clock.nowMs();
    const startId = machineStart.id;
    const files = new SpoolFiles({ folder, sizeBytes, sync, key, stream, nowMs, startId });
    return { lock, files, found };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Gives the spool free; `finish` is done before. */
export function closeSpool(
  folder: string,
  { lock, files }: OpenSpool,
  finish: () => Promise<void>,
): Promise<void> {
  const done = (async () => {
    try {
      await finish();
      await files.seal();
    } finally {
      await lock.release();
      closing.delete(folder);
    }
  })();
  closing.set(
    folder,
    done.catch(() => {}),
  );
  return done;
}
