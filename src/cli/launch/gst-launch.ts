import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { findNativeFiles } from '../../host/native/native-files.ts';
import { credentialVariables } from '../../host/stream/credential-overrides.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import type { Observation } from '../status/observation.ts';
import { adviseOnMissingElement, LAST_WORDS } from './debian-packages.ts';
import type { LaunchArguments } from './launch-arguments.ts';

/**
 * Runs a pipeline in a gst-launch-1.0 that finds the plugin. Interrupts, advice and exit codes are
 * those of a pipeline in this process.
 * @param program path of gst-launch-1.0.
 * @param observed gets what is printed, if it shows a status there; the host sends it figures.
 * @returns the exit code.
 */
export function runGstLaunch(
  program: string,
  pipeline: readonly string[],
  options: LaunchArguments,
  observed?: { readonly observation: Observation; readonly env: NodeJS.ProcessEnv },
): Promise<number> {
  const observation = observed?.observation;
  // A status on the same terminal: both then write there through one hand.
  const isShared = observation?.sharesTerminal('stdout') === true;
  // In a session of its own: a Ctrl-C in the terminal comes here alone and is handed on once.
  const [command, args] = withParent(program, [...gstLaunchOptions(options), ...pipeline]);
  const child = spawn(command, args, {
    env: {
      ...process.env,
      ...pluginVariables(),
      ...credentialVariables(options),
      ...observed?.env,
    },
    stdio: ['inherit', isShared ? 'pipe' : 'inherit', 'pipe'],
    detached: true,
  });
  let lastWords = '';
  // Bytes, unless somebody has to know where lines end.
  child.stdout
    ?.setEncoding('utf8')
    .on('data', (text: string) => observation?.write('stdout', text));
  child.stderr?.on('data', (chunk: Buffer) => {
    if (observation?.sharesTerminal('stderr')) observation.write('stderr', chunk.toString());
    else process.stderr.write(chunk);
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
  });
  let interrupts = 0;
  onInterrupt(() => {
    interrupts += 1;
    // A second SIGINT might be taken for a wish to stop in order, which can take long.
    child.kill(interrupts === 1 ? 'SIGINT' : 'SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      // Its host goes on sending what it has, and holds the pipe: nobody waits for that now.
      if (interrupts > 1) {
        child.stderr?.destroy();
        child.stdout?.destroy();
      }
    });
    child.once('close', (code, signal) => {
      const advised = code === EXIT.error ? adviseOnMissingElement(lastWords) : Promise.resolve();
      void advised.then(() => resolve(code ?? exitCodeOf(signal, interrupts)));
    });
  });
}

/**
 * A command that ends when this process is killed, by util-linux's setpriv; the host then sends what
 * it has. (Not by SIGINT: the kernel signals once for each thread of ours that ends, and a second
 * SIGINT means at once.) Without setpriv the command as it is; BusyBox's does not know how.
 */
function withParent(program: string, args: string[]): [string, string[]] {
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined || basename(realpathSync(setpriv)) !== 'setpriv') {
    return [program, args];
  }
  return [setpriv, ['--pdeathsig=TERM', program, ...args]];
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
  if (interrupts > 1) return EXIT.interrupted;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}
