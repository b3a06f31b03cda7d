import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { writeFileAtomically } from './atomic-file.ts';

/** What a service that uses, or is about to use, a data folder says of itself there. */
export type LockRecord = {
  readonly pid: number;
  readonly hostname: string;
  /**
   * The kernel it runs on: containers on one machine share it, whatever their pids. Where the system
   * does not tell, the machine's name.
   */
  readonly bootId: string;
  /** Whether a socket beside the record is answered for as long as the owner lives. */
  readonly hasSocket: boolean;
  /** `starting` still looks whether others are there. */
  readonly state: 'starting' | 'held';
  /** Where it listens, once it does. */
  readonly urls: readonly string[];
};

/** The record of this process. */
export function ownRecord(hasSocket: boolean): LockRecord {
  return {
    pid: process.pid,
    hostname: hostname(),
    bootId: bootId(),
    hasSocket,
    state: 'starting',
    urls: [],
  };
}

/** Writes a record; it is there whole, or not at all. */
export function writeRecord(path: string, record: LockRecord): Promise<void> {
  return writeFileAtomically(path, `${JSON.stringify(record)}\n`);
}

/** Reads a record; undefined when there is none, or a power failure left no whole one. */
export async function readRecord(path: string): Promise<LockRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as LockRecord | null;
    return typeof value?.pid === 'number' && Array.isArray(value.urls) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The owner as a message names it. */
export function describeOwner({ pid, hostname, urls }: LockRecord): string {
  const where = urls.length > 0 ? `, ${urls.join(' and ')}` : '';
  return `process ${pid} on ${hostname}${where}`;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `host ${hostname()}`;
  }
}
