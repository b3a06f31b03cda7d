import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { SupervisedRun } from './supervisor.ts';

/**
 * Runs kvs-launch once more, as a process of its own. It is in a session of its own too: a Ctrl-C
 * in the terminal reaches the supervisor alone, which hands it on; twice would mean: at once. The
 * channel is for its end, which interrupts an attempt whose supervisor was killed.
 */
export function startSupervisedRun(args: readonly string[], env: NodeJS.ProcessEnv): SupervisedRun {
  const script = join(packageRoot, 'bin', 'kvs-launch.js');
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // It was interrupted before it listened: nothing had begun.
      if (signal === 'SIGINT') resolve(EXIT.ok);
      else resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  return {
    ended,
    stop: () => {
      child.kill('SIGINT');
    },
  };
}
