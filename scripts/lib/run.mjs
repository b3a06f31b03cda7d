// Running other programs from the scripts, with their output where the user sees it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Ends the script with a message and exit code 1. */
export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** Runs a program in the repository's root; a failure ends the script, naming the command. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
  });
  if (error) fail(`Could not start ${command}: ${error.message}`);
  if (status !== 0) {
    fail(`${[command, ...args].join(' ')}\nended with ${signal ?? `exit code ${status}`}.`);
  }
}

/** What a program prints, or undefined when it is not there or fails. */
export function output(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? result.stdout : undefined;
}

/** Whether a program is in PATH. */
export function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
