import { openJsonLog } from '../../host/log/json-log.ts';
import type { StatusSource } from '../../host/status/status-record.ts';
import { StatusWatch } from '../../host/status/status-watch.ts';
import { findProgram } from '../../runtime/find-program.ts';
import type { Observation } from '../status/observation.ts';
import { type StatusMode, statusMode } from '../status/status-options.ts';
import type { LaunchArguments } from './launch-arguments.ts';
import { loadSuperficial } from './superficial.ts';

/**
 * Runs a pipeline: in this process where gstreamer-superficial is, else in gst-launch-1.0 with the
 * plugin, and where that is not there either in this process after all.
 * @param args the pipeline, one argument per word, as the shell gave them.
 * @returns the exit code.
 */
export async function launchPipeline(
  args: readonly string[],
  options: LaunchArguments,
): Promise<number> {
  prepareGStreamer(options);
  prepareLog(options);
  // Opened for gst-launch-1.0's host too, which could only tell of a wrong path and go on.
  const log = openJsonLog(process.env);
  // An encoder can only be set from inside its process.
  const gstLaunch = options.adaptiveBitrate === true ? undefined : gstLaunchFor(args);
  if (gstLaunch !== undefined) {
    const { runGstLaunch } = await import('./gst-launch.ts');
    if (!isObserved(options)) return runGstLaunch(gstLaunch, args, options);
    const { receiveStatus } = await import('../status/status-receiver.ts');
    const receiver = await receiveStatus();
    try {
      return await observed(receiver, options, (observation) =>
        runGstLaunch(gstLaunch, args, options, { observation, env: receiver.env }),
      );
    } finally {
      await receiver.close();
    }
  }
  const { launchInProcess } = await import('./in-process.ts');
  if (!isObserved(options)) return launchInProcess(args, options, log);
  const watch = new StatusWatch();
  return observed(watch, options, (observation) =>
    launchInProcess(args, options, log, { observation, watch }),
  );
}

/** Someone wants to see the figures; else nothing reads them. */
function isObserved(options: LaunchArguments): boolean {
  return options.metrics !== undefined || modeOf(options) !== undefined;
}

function modeOf(options: LaunchArguments): StatusMode | undefined {
  return statusMode(options, process.env, process.stderr.isTTY === true);
}

/** Runs with the source's figures on the terminal and in the metrics, as the options say. */
async function observed(
  source: StatusSource,
  options: LaunchArguments,
  run: (observation: Observation) => Promise<number>,
): Promise<number> {
  const { Observation } = await import('../status/observation.ts');
  const observation = await Observation.start(source, modeOf(options), options, process.env);
  try {
    return await run(observation);
  } finally {
    observation.end();
  }
}

/** GStreamer reads these when it is initialised, which loading the addon does. */
function prepareGStreamer({ gstDebug, gstPluginPath }: LaunchArguments): void {
  if (gstDebug !== undefined) process.env['GST_DEBUG'] = gstDebug;
  if (gstPluginPath !== undefined) {
    const before = process.env['GST_PLUGIN_PATH'];
    process.env['GST_PLUGIN_PATH'] = before ? `${gstPluginPath}:${before}` : gstPluginPath;
  }
}

/** Whichever process streams reads these. */
function prepareLog({ logFile, logLevel }: LaunchArguments): void {
  if (logFile !== undefined) process.env['KVS_LOG_FILE'] = logFile;
  if (logLevel !== undefined) process.env['KVS_LOG_LEVEL'] = logLevel;
}

/** The gst-launch-1.0 that is to run this pipeline, or undefined when it runs here. */
function gstLaunchFor(args: readonly string[]): string | undefined {
  // Without kvssink nothing will run; the addon's parser says what is wrong.
  if (!args.some((word) => word.includes('kvssink'))) return undefined;
  if (loadSuperficial() !== undefined) return undefined;
  return findProgram('gst-launch-1.0');
}
