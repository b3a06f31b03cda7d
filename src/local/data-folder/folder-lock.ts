import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { isListenedOn, listenIn, type OpenFolder } from '../../runtime/lock-socket.ts';
import { DataFolderError } from './data-folder-error.ts';
import {
  describeOwner,
  type LockRecord,
  ownRecord,
  readRecord,
  writeRecord,
} from './lock-record.ts';
import { makeDataFolder } from './make-data-folder.ts';

/** How often an owner touches its record, for those that cannot see its socket. */
const HEARTBEAT_MS = 5_000;
/** A record this much older than the file system's present is not watched any more. */
const ABANDONED_MS = 60_000;
/** While another one decides; it takes as long as it watches. */
const POLL_MS = 50;

/**
 * The right to use a data folder, which one service at a time has.
 *
 * Each that wants it publishes a record in `<data>/lock/` under a name of its own, and only then
 * looks at all others: of two at once, at least one sees the other, and the smaller name stays.
 * Nothing is ever taken over in place, so that there is no moment at which two could both do so.
 * An owner is alive while its socket is listened on, which no kill -9 and no other pid namespace
 * can hide. The socket of another machine (a network file system) is never answered here; such an
 * owner, and one on a file system without sockets, is alive while its record is being touched.
 */
export class FolderLock {
  readonly #handle: FileHandle;
  readonly #folder: OpenFolder;
  readonly #name: string;
  readonly #server: Server | undefined;
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  #record: LockRecord;
  #heartbeat: Timer | undefined;

  private constructor(
    handle: FileHandle,
    folder: OpenFolder,
    name: string,
    server: Server | undefined,
    clock: Clock,
    heartbeatMs: number,
  ) {
    this.#handle = handle;
    this.#folder = folder;
    this.#name = name;
    this.#server = server;
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
    this.#record = ownRecord(server !== undefined);
  }

  /**
   * Locks a data folder, which is made when it is not there. Touches nothing but `lock/` in it.
   * @throws DataFolderError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE
   */
  static async acquire(
    dataDir: string,
    clock: Clock,
    heartbeatMs = HEARTBEAT_MS,
  ): Promise<FolderLock> {
    const path = resolve(dataDir, 'lock');
    await makeDataFolder(path);
    const handle = await open(path, 'r');
    const folder = { fd: handle.fd, path };
    const name = randomBytes(8).toString('hex');
    let lock: FolderLock | undefined;
    try {
      const server = await listenIn(folder, `${name}.sock`);
      lock = new FolderLock(handle, folder, name, server, clock, heartbeatMs);
      await lock.#publish(lock.#record);
      lock.#beat();
      await lock.#outlast(dataDir);
      await lock.#tidy();
      await lock.#publish({ ...lock.#record, state: 'held' });
      return lock;
    } catch (error) {
      if (lock === undefined) await handle.close();
      else await lock.release();
      if (error instanceof DataFolderError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new DataFolderError(
        'DATA_FOLDER_UNUSABLE',
        `The folder ${dataDir} cannot be used: ${why}`,
        { cause: error },
      );
    }
  }

  /** Has the messages of others name these addresses. */
  announce(urls: readonly string[]): Promise<void> {
    return this.#publish({ ...this.#record, urls });
  }

  /** Lets others have the folder. */
  async release(): Promise<void> {
    this.#heartbeat?.cancel();
    // The record goes while the socket still answers: it never looks like one of a dead owner.
    await rm(this.#path(this.#name, 'json'), { force: true });
    await rm(this.#path(this.#name, 'sock'), { force: true });
    this.#server?.close();
    await this.#handle.close();
  }

  async #publish(record: LockRecord): Promise<void> {
    this.#record = record;
    await writeRecord(this.#path(this.#name, 'json'), record);
  }

  /** Returns when no other one has the folder or could get it. */
  async #outlast(dataDir: string): Promise<void> {
    const names = (await readdir(this.#folder.path))
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
    for (const name of names) {
      if (name === this.#name) continue;
      while (await this.#isAlive(name)) {
        const path = this.#path(name, 'json');
        const other = await readRecord(path);
        // It has just let go of the folder, or given way.
        if (other === undefined && (await touchTime(path)) === undefined) break;
        // Another one that starts at the same moment gives way to the smaller name.
        if (other?.state === 'starting' && name > this.#name) {
          await sleep(POLL_MS);
          continue;
        }
        const owner =
          other === undefined ? 'a process that gives no details' : describeOwner(other);
        throw new DataFolderError(
          'DATA_FOLDER_IN_USE',
          `Another local service uses the folder ${dataDir}: ${owner}. Stop it, or use another ` +
            'folder with --data',
        );
      }
      await rm(this.#path(name, 'json'), { force: true });
      await rm(this.#path(name, 'sock'), { force: true });
    }
  }

  /** Removes what services left that were killed while they started. */
  async #tidy(): Promise<void> {
    const presentMs = await touchTime(this.#path(this.#name, 'json'));
    for (const file of await readdir(this.#folder.path)) {
      if (file.startsWith(this.#name)) continue;
      const path = join(this.#folder.path, file);
      const touchedMs = await touchTime(path);
      if (presentMs === undefined || touchedMs === undefined) continue;
      if (presentMs - touchedMs > ABANDONED_MS) await rm(path, { force: true });
    }
  }

  async #isAlive(name: string): Promise<boolean> {
    const path = this.#path(name, 'json');
    const touchedMs = await touchTime(path);
    if (touchedMs === undefined) return false;
    const other = await readRecord(path);
    if (other?.hasSocket && other.bootId === this.#record.bootId) {
      return isListenedOn(this.#folder, `${name}.sock`);
    }
    // The file system's own time, whatever the clocks of the machines that share it.
    const presentMs = await touchTime(this.#path(this.#name, 'json'));
    if (presentMs !== undefined && presentMs - touchedMs > ABANDONED_MS) return false;
    await sleep(2.5 * this.#heartbeatMs);
    const laterMs = await touchTime(path);
    return laterMs !== undefined && laterMs !== touchedMs;
  }

  #beat(): void {
    this.#heartbeat = this.#clock.after(this.#heartbeatMs, () => {
      // A folder that is gone, or a full disk: nothing that the lock could do about it.
      touch(this.#path(this.#name, 'json')).catch(() => {});
      this.#beat();
    });
  }

  #path(name: string, extension: string): string {
    return join(this.#folder.path, `${name}.${extension}`);
  }
}

/** Writes a record's first byte again: unlike utimes, that sets the file system's own time. */
async function touch(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write('{', 0);
  } finally {
    await file.close();
  }
}

/** When a file was last written or touched, by its file system; undefined when it is not there. */
async function touchTime(path: string): Promise<number | undefined> {
  return stat(path).then(
    (file) => file.mtimeMs,
    () => undefined,
  );
}
