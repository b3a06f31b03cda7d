import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../../../bin/kvs-launch.js', import.meta.url));

/** `kvs-launch local` as a process of its own. */
export type LocalCommand = {
  readonly child: ChildProcess;
  readonly url: string;
};

/** Starts the command on a folder; resolves when it listens. */
export async function startCommand(
  dataDir: string,
  options: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<LocalCommand> {
  const { port = 0, args = [] } = options;
  const words = [COMMAND, 'local', '--data', dataDir, '--port', String(port), ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text === 'read') return;
      text += chunk.toString();
      const url = /API +(http:\S+)/.exec(text)?.[1];
      if (url === undefined) return;
      text = 'read';
      resolve({ child, url });
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`The service ended: ${text}`)));
  });
}

/**
 * What a process has in memory, MiB: now and at most, Node's own 45 of program text included; and
 * what is its own alone, neither of a file nor shared.
 */
export function residentMiB({ pid }: Pick<ChildProcess, 'pid'>): {
  readonly now: number;
  readonly peak: number;
  readonly own: number;
} {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const of = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM'), own: of('RssAnon') };
}
