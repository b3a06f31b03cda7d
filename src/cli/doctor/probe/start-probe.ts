import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ElementConfig } from '../../../host/wire/wire.ts';
import { durationText } from '../../../runtime/duration-text.ts';
import { packageRoot } from '../../../runtime/package-root.ts';
import { KEY_FRAME_WAIT_MS, type ProbeMessage } from './probe-report.ts';

/** A board may take this long to list its plugins before anything plays. */
const START_MS = 6_000;

/** How the probe ended. */
export type ProbeOutcome = Exclude<ProbeMessage, { kind: 'element' }>;

/** A probe that runs. */
export type Probe = {
  /** The settings of each kvssink, once all have opened, or the probe has ended without. */
  readonly elements: Promise<readonly ElementConfig[]>;
  readonly outcome: Promise<ProbeOutcome>;
};

/**
 * Plays a pipeline for a while in a process of its own, which a plugin may crash or hang. Nothing
 * of it is sent. Neither promise rejects.
 * @param limitMs when it is ended, if it has not ended by itself.
 */
export function startProbe(
  pipeline: readonly string[],
  durationMs: number,
  env: NodeJS.ProcessEnv,
  limitMs = Math.max(durationMs, KEY_FRAME_WAIT_MS) + START_MS,
): Probe {
  const script = join(packageRoot, 'bin', 'kvs-launch.js');
  const args = ['doctor', '--probe', String(durationMs), '--', ...pipeline];
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, limitMs);
  const wanted = pipeline.join(' ').match(/(?<=^|[\s!])kvssink(?=$|\s)/g)?.length ?? 1;
  const configs: ElementConfig[] = [];
  let opened: (configs: readonly ElementConfig[]) => void = () => {};
  const elements = new Promise<readonly ElementConfig[]>((resolve) => {
    opened = resolve;
  });
  const outcome = new Promise<ProbeOutcome>((resolve) => {
    child.on('message', (message: ProbeMessage) => {
      if (message.kind !== 'element') return resolve(message);
      configs.push(message.config);
      if (configs.length === wanted) opened(configs);
    });
    child.once('error', (error) => resolve(failed(error.message)));
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : signal;
      // After its last message; a promise that is resolved stays so.
      resolve(
        failed(
          timedOut
            ? `It hangs: nothing was heard of it for ${durationText(limitMs)}`
            : `The pipeline’s process ended by itself (${how})`,
        ),
      );
    });
  });
  void outcome.then(() => {
    clearTimeout(timer);
    opened(configs);
  });
  return { elements, outcome };
}

function failed(text: string): ProbeOutcome {
  return { kind: 'failed', text, debug: '' };
}
