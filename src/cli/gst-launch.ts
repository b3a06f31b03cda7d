import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { credentialVariables } from '../host/credential-overrides.ts';
import { findNativeFiles } from '../host/native-files.ts';
import { adviseOnMissingElement } from './debian-packages.ts';
import { EXIT } from './exit-codes.ts';
import type { LaunchArguments } from './program.ts';

/** Enough of standard error to hold gst-launch-1.0's last words. */
const LAST_WORDS = 1_000;

/**
 * Runs a pipeline in a gst-launch-1.0 that finds the plugin. Interrupts, advice and exit codes are
 * those of a pipeline in this process.
 * @param program path of gst-launch-1.0.
 * @returns the exit code.
 */
export function runGstLaunch(
  program: string,
  pipeline: readonly string[],
  options: LaunchArguments,
): Promise<number> {
  // In a session of its own: a Ctrl-C in the terminal comes here alone and is handed on once.
  const child = spawn(program, [...gstLaunchOptions(options), ...pipeline], {
    env: { ...process.env, ...pluginVariables(), ...credentialVariables(options) },
    stdio: ['inherit', 'inherit', 'pipe'],
    detached: true,
  });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
  });
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    // To gst-launch-1.0 any other signal means to end at once.
    child.kill('SIGINT');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === EXIT.error) adviseOnMissingElement(lastWords);
      resolve(code ?? exitCodeOf(signal, interrupts));
    });
  });
}

/** An interrupt always ends the stream first; a crash ends the process; nothing more is printed. */
function gstLaunchOptions({ quiet, messages, verbose, exclude }: LaunchArguments): string[] {
  return [
    ...['--eos-on-shutdown', '--no-fault', '--no-position'],
    ...(quiet ? ['--quiet'] : []),
    ...(messages ? ['--messages'] : []),
    ...(verbose ? ['--verbose'] : []),
    ...exclude.map((property) => `--exclude=${property}`),
  ];
}

/** Where GStreamer finds kvssink, and kvssink this Node. */
function pluginVariables(): Record<string, string> {
  const before = process.env['GST_PLUGIN_PATH'];
  const { pluginFolder } = findNativeFiles();
  return {
    GST_PLUGIN_PATH: before ? `${pluginFolder}:${before}` : pluginFolder,
    KVS_NODE: process.env['KVS_NODE'] || process.execPath,
  };
}

/** For a gst-launch-1.0 that a signal ended: a shell's code, unless that was what was asked for. */
function exitCodeOf(signal: NodeJS.Signals | null, interrupts: number): number {
  // It was interrupted before it listened: nothing had begun.
  if (signal === 'SIGINT' && interrupts === 1) return EXIT.ok;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}
