import { setTimeout } from 'node:timers/promises';
import { KvsError } from '../../errors/kvs-error.ts';
import { serveAddon } from '../../host/addon-host.ts';
import { createHostContext } from '../../host/create-host-context.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { loadNative } from '../../host/native/native.ts';
import { StatusWatch } from '../../host/status/status-watch.ts';
import { systemClock } from '../../runtime/clock.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { logEnvironment } from '../process/log-options.ts';
import { Observation } from '../status/observation.ts';
import { statusMode } from '../status/status-options.ts';
import { cameraKeeper } from './camera-keeper.ts';
import { cameraList } from './camera-list.ts';
import { type CameraChanges, CameraSet } from './camera-set.ts';
import type { RtspOptions } from './rtsp-options.ts';

/** What pipelines that were left to themselves have, at the end, to send what they hold. */
const LAST_CHANCE_MS = 5_000;

/**
 * `kvs-launch rtsp`: streams network cameras, reconnecting without limit.
 * @param words the command line beside the options.
 * @returns the exit code.
 * @throws KvsError STATUS_INVALID_ARG for arguments that make no sense.
 */
export async function rtsp(
  words: readonly string[],
  options: RtspOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const list = cameraList(words, options, env);
  const cameras = list.read();

  const log = openJsonLog(logEnvironment(options, env));
  const { profile, roleArn } = options;
  const watch = new StatusWatch();
  const native = loadNative();
  const host = serveAddon(
    native,
    createHostContext(
      {
        ...(profile === undefined ? {} : { profile }),
        ...(roleArn === undefined ? {} : { roleArn }),
      },
      log,
      watch,
    ),
  );
  const mode = statusMode(options, env, process.stderr.isTTY === true);
  const observation = await Observation.start(watch, mode, options, env);
  const stuck = new Set<Promise<void>>();
  const set = new CameraSet(
    (camera) =>
      cameraKeeper(camera, {
        native,
        watch,
        clock: systemClock,
        once: options.once === true,
        named: list.isFile,
        write: (stream, text) => observation.write(stream, text),
        debug: (line) => log?.debug(line),
        leftBehind: (freed) => {
          stuck.add(freed);
          void freed.then(() => stuck.delete(freed));
        },
      }),
    ({ name }, text) =>
      observation.write('stderr', `${list.isFile ? `${name}: ` : ''}ERROR: ${text}\n`),
  );

  // Between two connections nothing else keeps the process alive.
  native.hold(true);
  set.apply(cameras);
  const reread = (): void => {
    try {
      observation.write('stderr', `${changesText(set.apply(list.read()))}\n`);
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      const text = `ERROR: ${error.message}\n${error.advice}\nThe cameras go on as they were.\n`;
      observation.write('stderr', text);
    }
  };
  let isStopped = false;
  let isHurried = false;
  const hurried = new Promise<void>((resolve) => {
    onInterrupt(
      () => {
        isHurried = isStopped;
        isStopped = true;
        set.stop();
        if (isHurried) resolve();
      },
      list.isFile && options.once !== true ? () => isStopped || reread() : undefined,
    );
  });
  const exitCode = await set.ended();
  const ends = [host.disconnect(), hurried];
  if (stuck.size > 0) ends.push(setTimeout(LAST_CHANCE_MS, undefined, { ref: false }));
  await Promise.race(ends);
  observation.end();
  native.hold(false);
  // What is stuck, or being sent still, is not waited for.
  if (isHurried || stuck.size > 0) process.exit(exitCode);
  return exitCode;
}

/** E.g. `Cameras: 2 added: door, gate; 1 removed: yard.` */
function changesText({ added, changed, removed }: CameraChanges): string {
  const parts = Object.entries({ added, changed, removed })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${names.length} ${what}: ${names.join(', ')}`);
  return parts.length === 0 ? 'No camera has changed.' : `Cameras: ${parts.join('; ')}.`;
}
