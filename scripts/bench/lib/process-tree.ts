import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** CPU and memory of a process and all its descendants, read from /proc. */
export type TreeUsage = {
  /** User and system time of the whole tree, in seconds. */
  cpuSeconds: number;
  /** Highest sum of the proportional set sizes seen, in MiB. */
  peakPssMiB: number;
  /** Wall time from spawn to exit, in seconds. */
  wallSeconds: number;
  exitCode: number | null;
};

const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 20;
const MEMORY_EVERY_SAMPLES = 10;

/**
 * Fields 4 (ppid), 14 (utime) and 15 (stime) of /proc/PID/stat; see proc(5). Undefined for a process
 * that has ended.
 */
export function readStat(pid: number): { parent: number; cpuSeconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    };
  } catch {
    return undefined;
  }
}

function readPssMiB(pid: number): number {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A process and all that come from it. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const found: number[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Runs a command and measures it with everything it starts, sessions of their own included. */
export class MeasuredProcess {
  readonly child: ChildProcess;
  readonly startedMs: number = Date.now();
  readonly #cpu = new Map<number, number>();
  #peakPssMiB = 0;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout?.resume();
  }

  /** CPU seconds of the tree so far; processes that have ended count with their last sample. */
  cpuSeconds(): number {
    return [...this.#cpu.values()].reduce((sum, value) => sum + value, 0);
  }

  /** CPU of one core in percent between two moments, in ms from now; NaN if it ends before. */
  cpuPercentBetween(fromMs: number, toMs: number): Promise<number> {
    return new Promise((resolve) => {
      const end = (): void => resolve(Number.NaN);
      this.child.once('exit', end);
      setTimeout(() => {
        const atStart = this.cpuSeconds();
        setTimeout(() => {
          resolve((100_000 * (this.cpuSeconds() - atStart)) / (toMs - fromMs));
        }, toMs - fromMs);
      }, fromMs);
    });
  }

  #sample(withMemory: boolean, pids: readonly number[]): void {
    for (const pid of pids) {
      const stat = readStat(pid);
      if (stat) this.#cpu.set(pid, stat.cpuSeconds);
    }
    if (withMemory) {
      const sum = pids.reduce((total, pid) => total + readPssMiB(pid), 0);
      this.#peakPssMiB = Math.max(this.#peakPssMiB, sum);
    }
  }

  /** Resolves when the process has ended; rejects when it could not be started. */
  finished(): Promise<TreeUsage> {
    const root = this.child.pid;
    return new Promise((resolve, reject) => {
      if (root === undefined) {
        this.child.once('error', reject);
        return;
      }
      let samples = 0;
      let pids = [root];
      const timer = setInterval(() => {
        if (samples % MEMORY_EVERY_SAMPLES === 0) pids = descendants(root);
        this.#sample(samples % MEMORY_EVERY_SAMPLES === 0, pids);
        samples += 1;
      }, SAMPLE_MS);
      this.child.once('exit', (exitCode) => {
        clearInterval(timer);
        resolve({
          cpuSeconds: this.cpuSeconds(),
          peakPssMiB: this.#peakPssMiB,
          wallSeconds: (Date.now() - this.startedMs) / 1000,
          exitCode,
        });
      });
    });
  }
}
