import { openJsonLog } from '../../host/log/json-log.ts';
import { findProgram } from './find-program.ts';
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
    return runGstLaunch(gstLaunch, args, options);
  }
  const { launchInProcess } = await import('./in-process.ts');
  return launchInProcess(args, options, log);
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
