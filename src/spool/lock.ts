import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { KvsError } from '../errors/kvs-error.ts';
import { listenIn } from '../runtime/lock-socket.ts';
import { isAlive, type LockOwner, ownIdentity, parseOwner } from './lock-owner.ts';

const LOCK_NAME = 'lock';
/** More takers than this at once, each of whom finds another's lock, are not meant to happen. */
const MAX_TRIES = 5;

/** Locks that this process holds; the name of the file does not tell its own locks apart. */
const held = new Set<string>();

/** A sign of life for others, where nothing else tells them: it goes with the process. */
type Sign = { readonly name: string; readonly server: Server };

/** The right to use a spool's folder. It goes with the process. */
export class SpoolLock {
  readonly #folder: string;
  readonly #path: string;
  readonly #sign: Sign | undefined;

  private constructor(folder: string, sign: Sign | undefined) {
    this.#folder = folder;
    this.#path = join(folder, LOCK_NAME);
    this.#sign = sign;
  }

  /** @throws KvsError STATUS_INVALID_OPERATION that names the process which has it */
  static async take(folder: string): Promise<SpoolLock> {
    const path = join(folder, LOCK_NAME);
    if (held.has(path)) throw inUse(folder, process.pid);
    held.add(path);
    const own = `${path}.${process.pid}`;
    let sign: Sign | undefined;
    try {
      const identity = await ownIdentity(async () => {
        sign = await showSign(folder);
        return sign?.name ?? null;
      });
      await writeFile(own, JSON.stringify(identity), { mode: 0o600 });
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        // A link is made by one alone, and has its content from the beginning.
        if (await isMade(link(own, path))) return new SpoolLock(folder, sign);
        const owner = await lockOwner(folder);
        if (owner !== undefined && (await isAlive(folder, owner))) throw inUse(folder, owner.pid);
        await moveAway(path, `${own}.old`);
        if (owner !== undefined && 'socket' in owner && owner.socket !== null) {
          await rm(join(folder, owner.socket), { force: true });
        }
      }
      throw new KvsError('STATUS_INVALID_OPERATION', `The spool in ${folder} cannot be locked`);
    } catch (error) {
      held.delete(path);
      await takeSignAway(folder, sign);
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  async release(): Promise<void> {
    held.delete(this.#path);
    await rm(this.#path, { force: true });
    await takeSignAway(this.#folder, this.#sign);
  }
}

async function showSign(folder: string): Promise<Sign | undefined> {
  const name = `${LOCK_NAME}-${randomBytes(8).toString('hex')}.sock`;
  const handle = await open(folder, 'r');
  try {
    const server = await listenIn({ fd: handle.fd, path: resolve(folder) }, name);
    return server && { name, server };
  } finally {
    await handle.close();
  }
}

async function takeSignAway(folder: string, sign: Sign | undefined): Promise<void> {
  if (sign === undefined) return;
  await rm(join(folder, sign.name), { force: true });
  sign.server.close();
}

/** Whoever the lock names, alive or not; undefined where there is none that can be read. */
export async function lockOwner(folder: string): Promise<LockOwner | undefined> {
  return readFile(join(folder, LOCK_NAME), 'utf8').then(parseOwner, () => undefined);
}

function inUse(folder: string, pid: number): KvsError {
  return new KvsError(
    'STATUS_INVALID_OPERATION',
    `The spool in ${folder} is in use by process ${pid}`,
    {
      advice: 'Give each pipeline a stream or a spool-directory of its own, or stop that process.',
    },
  );
}

async function isMade(linking: Promise<void>): Promise<boolean> {
  try {
    await linking;
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Of several who find a dead process's lock one moves it. */
async function moveAway(path: string, to: string): Promise<void> {
  try {
    await rename(path, to);
    await rm(to, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
