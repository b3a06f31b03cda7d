import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KvsError } from '../errors/kvs-error.ts';

const LOCK_NAME = 'lock';
/** More takers than this at once, each of whom finds another's lock, are not meant to happen. */
const MAX_TRIES = 5;

/** Who holds a lock: enough to tell a process from another that got its number later. */
export type LockOwner = {
  readonly pid: number;
  /** When it started, in ticks since the boot. */
  readonly startTicks: string;
  readonly bootId: string;
  /** Of containers: numbers of processes mean something within it only. */
  readonly pidNamespace: string;
};

/** Locks that this process holds; the name of the file does not tell its own locks apart. */
const held = new Set<string>();

/** The right to use a spool's folder. It goes with the process. */
export class SpoolLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws KvsError STATUS_INVALID_OPERATION that names the process which has it */
  static async take(folder: string): Promise<SpoolLock> {
    const path = join(folder, LOCK_NAME);
    if (held.has(path)) throw inUse(folder, process.pid);
    held.add(path);
    const own = `${path}.${process.pid}`;
    try {
      await writeFile(own, JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        // A link is made by one alone, and has its content from the beginning.
        if (await isMade(link(own, path))) return new SpoolLock(path);
        const owner = await lockOwner(folder);
        if (owner !== undefined && isAlive(owner)) throw inUse(folder, owner.pid);
        await moveAway(path, `${own}.old`);
      }
      throw new KvsError('STATUS_INVALID_OPERATION', `The spool in ${folder} cannot be locked`);
    } catch (error) {
      held.delete(path);
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  async release(): Promise<void> {
    held.delete(this.#path);
    await rm(this.#path, { force: true });
  }
}

/** Whoever the lock names, alive or not; undefined where there is none that can be read. */
export async function lockOwner(folder: string): Promise<LockOwner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(folder, LOCK_NAME), 'utf8'));
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** False once the process has ended, the machine has restarted, or its container has. */
export function isAlive(owner: LockOwner): boolean {
  const now = identityOf(owner.pid);
  return (
    now !== undefined &&
    now.startTicks === owner.startTicks &&
    now.bootId === owner.bootId &&
    now.pidNamespace === owner.pidNamespace
  );
}

function identityOf(pid: number): LockOwner | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; behind it the state is the first field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid,
      startTicks: fields[19] ?? '',
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
    };
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is LockOwner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTicks' in value &&
    'bootId' in value &&
    'pidNamespace' in value
  );
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
