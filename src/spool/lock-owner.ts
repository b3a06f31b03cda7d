import { readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isListenedOn } from '../runtime/lock-socket.ts';

/** Who holds a lock: enough to tell a process from another that got its number later. */
export type LockOwner = { readonly pid: number } & (LinuxProcess | OtherProcess);

/** By what /proc says of it. */
type LinuxProcess = {
  /** When it started, in ticks since the boot. */
  readonly startTicks: string;
  readonly bootId: string;
  /** Of containers: numbers of processes mean something within it only. */
  readonly pidNamespace: string;
};

/** Of a system without /proc. */
type OtherProcess = {
  readonly hostname: string;
  /** A socket in the folder, or a named pipe, that is answered as long as it lives; null without. */
  readonly socket: string | null;
};

/**
 * What this process writes into its locks.
 * @param listen makes a socket of which it gives the name, where that is needed.
 */
export async function ownIdentity(listen: () => Promise<string | null>): Promise<LockOwner> {
  const linux = linuxProcess(process.pid);
  if (linux !== undefined) return { pid: process.pid, ...linux };
  return { pid: process.pid, hostname: hostname(), socket: await listen() };
}

/** What a lock file holds; undefined for anything else. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** False once the process has ended, the machine has restarted, or its container has. */
export async function isAlive(folder: string, owner: LockOwner): Promise<boolean> {
  if ('startTicks' in owner) {
    const now = linuxProcess(owner.pid);
    return (
      now !== undefined &&
      now.startTicks === owner.startTicks &&
      now.bootId === owner.bootId &&
      now.pidNamespace === owner.pidNamespace
    );
  }
  if (owner.socket !== null) return isAnswered(folder, owner.socket);
  // Another machine's processes cannot be looked at: it is taken to be there.
  return owner.hostname !== hostname() || hasProcess(owner.pid);
}

async function isAnswered(folder: string, socket: string): Promise<boolean> {
  const handle = await open(folder, 'r');
  try {
    return await isListenedOn({ fd: handle.fd, path: resolve(folder) }, socket);
  } finally {
    await handle.close();
  }
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** undefined for a process that has ended, and where there is no /proc. */
function linuxProcess(pid: number): LinuxProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; behind it the state is the first field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return {
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
    (('startTicks' in value && 'bootId' in value && 'pidNamespace' in value) ||
      ('hostname' in value && 'socket' in value))
  );
}
