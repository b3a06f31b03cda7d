import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import { about, type Finding } from '../findings/finding.ts';

const MIB = 1024 * 1024;

const NODE = about('Node.js', 'gstreamer-is-missing-or-too-old');
const MEMORY = about('memory', 'frames-are-dropped-or-the-store-is-out-of-memory');
const SPOOL = about('spool', 'the-spool-cannot-be-written');

/** The oldest release that gets fixes. bin/kvs-launch.js has refused what is too old to run. */
const MAINTAINED_MAJOR = 22;

/** The Node that runs this. */
export function nodeFinding(version: string = process.versions.node): Finding {
  if (Number.parseInt(version, 10) >= MAINTAINED_MAJOR) return NODE.ok(version);
  return NODE.ok(`${version}; it works, but gets no more fixes: ${MAINTAINED_MAJOR} does.`);
}

/** Bytes that a new process may take: what the machine has, or less where a container is limited. */
export function availableBytes(root = '/'): number {
  const limits = [memAvailable(root) ?? freemem(), cgroupRoom(root)];
  return Math.min(...limits.filter((limit) => limit !== undefined));
}

function memAvailable(root: string): number | undefined {
  const kib = /^MemAvailable: +(\d+) kB/m.exec(textOf(`${root}proc/meminfo`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Of version 2, then of version 1. `max`, or a number near 2^63, is no limit. */
function cgroupRoom(root: string): number | undefined {
  for (const [limit, usage] of [
    ['memory.max', 'memory.current'],
    ['memory/memory.limit_in_bytes', 'memory/memory.usage_in_bytes'],
  ]) {
    const most = Number(textOf(`${root}sys/fs/cgroup/${limit}`));
    const used = Number(textOf(`${root}sys/fs/cgroup/${usage}`));
    if (most > 0 && most < 2 ** 50 && used >= 0) return Math.max(0, most - used);
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether the content stores of all elements fit, once the network is slow enough to fill them. */
export function memoryFinding(storageBytes: readonly number[], available: number): Finding {
  const wanted = storageBytes.reduce((sum, bytes) => sum + bytes, 0);
  const stores =
    storageBytes.length === 1
      ? `storage-size is ${mib(wanted)}`
      : `${storageBytes.length} streams may buffer ${mib(wanted)}`;
  if (wanted <= available) return MEMORY.ok(`${stores}; ${mib(available)} are available.`);
  const each = Math.max(1, Math.floor(available / storageBytes.length / 2 / MIB));
  return MEMORY.problem(
    `${stores}, but only ${mib(available)} are available: a full buffer ends the process.`,
    `storage-size=${each}`,
  );
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}

/** Whether there is room for the spool, and the right to write there. */
export function spoolFinding(directory: string | undefined, spoolBytes: number): Finding {
  if (directory === undefined) {
    return SPOOL.skipped('No spool-directory: media that does not fit into memory is dropped.');
  }
  const folder = nearest(directory);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return SPOOL.problem(
      `This user may not write to ${folder}.`,
      `sudo install -d -o "$USER" ${directory}`,
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= spoolBytes) return SPOOL.ok(`${directory} has ${mib(free)} free.`);
  if (free < MIB) return SPOOL.problem(`There is no room for ${directory}.`, `df -h ${folder}`);
  return SPOOL.warning(
    `spool-size is ${mib(spoolBytes)}, but ${directory} has only ${mib(free)} free.`,
    `spool-size=${Math.max(1, Math.floor(free / MIB / 2))}`,
  );
}

/** The folder, or the nearest above it that is there: the spool makes its own. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
