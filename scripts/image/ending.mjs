// What a script has started and what must not outlive it, whatever ends it: its last line, a signal,
// or the time that it was given.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from '../lib/run.mjs';

const undoings = new Set();
let isEnding = false;

/** Registers what undoes something. Returns a function that does it now instead; once only. */
export function undoAtEnd(undo) {
  const undoNow = async () => {
    if (undoings.delete(undoNow)) await undo();
  };
  undoings.add(undoNow);
  return undoNow;
}

/** Undoes everything, the latest first, prints the line and ends this process. Never returns. */
export async function end(exitCode, line) {
  if (isEnding) return new Promise(() => {});
  isEnding = true;
  for (const undoNow of [...undoings].reverse()) {
    await undoNow().catch((error) => console.error(error.message));
  }
  if (line !== undefined) console.log(line);
  process.exit(exitCode);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => end(128 + constants.signals[signal], `Ended by ${signal}.`));
}

/**
 * Runs a program to its end without holding up this process, which may itself be what the program
 * talks to. @returns exit code and output; rejects only when it cannot be started.
 */
export function runLater(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    // In a process group of its own, because mmdebstrap only ends when its children do.
    const settings = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    const child = spawn(command, args, { ...settings, ...options });
    const exited = new Promise((done) => child.once('exit', done));
    const ended = undoAtEnd(async () => {
      const isRunning = child.exitCode === null && child.signalCode === null;
      if (child.pid === undefined || !isRunning) return;
      process.kill(-child.pid, 'SIGTERM');
      await exited;
    });
    let output = '';
    const take = (text) => {
      output += text;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (status) => {
      // Whoever waits for it shall start nothing new.
      if (isEnding) return;
      void ended();
      resolve({ status, output });
    });
  });
}

/** The same for a program that must succeed. @throws Error with the end of what it said. */
export async function runWell(command, args, options) {
  const { status, output } = await runLater(command, args, options);
  if (status === 0) return output.trim();
  throw new Error(
    `${[command, ...args].join(' ')}\nended with exit code ${status}:\n${output.trimEnd().slice(-4000)}`,
  );
}
