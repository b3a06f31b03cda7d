import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../runtime/logger.ts';

/** A copy of one session's body in a file, for debugging. */
export type BodyDump = { write(bytes: Uint8Array): void; close(): void };

/**
 * Opens `<folder>/<streamName>_<session>.mkv`, emptied as upstream does. Writes
 * are synchronous: the bytes are the store's own and may be reused after the call. A file that
 * cannot be written is logged once and never stops a stream.
 */
export function openDump(
  folder: string | undefined,
  streamName: string,
  session: number,
  log: Logger,
): BodyDump | undefined {
  if (folder === undefined || folder === '') return undefined;
  const path = join(folder, `${streamName}_${session}.mkv`);
  let file: number | undefined;
  const giveUp = (error: unknown): void => {
    log.warn('cannot write the copy of the session', { path, error: String(error) });
    file = undefined;
  };
  try {
    file = openSync(path, 'w');
  } catch (error) {
    giveUp(error);
  }
  return {
    write(bytes) {
      try {
        if (file !== undefined) writeSync(file, bytes);
      } catch (error) {
        giveUp(error);
      }
    },
    close() {
      if (file !== undefined) {
        closeSync(file);
        file = undefined;
      }
    },
  };
}
