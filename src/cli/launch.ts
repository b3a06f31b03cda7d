import { createRequire } from 'node:module';
import { serveAddon } from '../host/addon-host.ts';
import { createHostContext } from '../host/context.ts';
import { loadNative, type NativeAddon, type Pipeline } from '../host/native.ts';
import { missingElementAdvice } from './debian-packages.ts';
import { launchString } from './launch-string.ts';
import { Launcher } from './launcher.ts';
import type { LaunchArguments } from './program.ts';

/**
 * Runs a pipeline in this process, as gst-launch-1.0 would.
 * @param args the pipeline, one argument per word, as the shell gave them.
 * @returns the exit code.
 */
export async function launchPipeline(
  args: readonly string[],
  options: LaunchArguments,
): Promise<number> {
  prepareGStreamer(options);
  const native = loadNative();
  const { profile, roleArn } = options;
  const host = serveAddon(
    native,
    createHostContext({
      ...(profile === undefined ? {} : { profile }),
      ...(roleArn === undefined ? {} : { roleArn }),
    }),
  );
  const pipeline = parsePipeline(native, args);
  if (pipeline === undefined) return 1;
  native.hold(true);
  const launcher = new Launcher(
    pipeline,
    {
      quiet: options.quiet ?? false,
      messages: options.messages ?? false,
      verbose: options.verbose ?? false,
      exclude: options.exclude,
    },
    {
      stdout: (text) => process.stdout.write(text),
      stderr: (text) => process.stderr.write(text),
      monotonicNs: process.hrtime.bigint,
      settled: () => host.disconnect(),
    },
  );
  // A terminal that closes, an init system and Ctrl-C all want the same: a clean end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => launcher.interrupt());
  }
  const exitCode = await launcher.run();
  native.hold(false);
  return exitCode;
}

/** GStreamer reads these when it is initialised, which loading the addon does. */
function prepareGStreamer({ gstDebug, gstPluginPath }: LaunchArguments): void {
  if (gstDebug !== undefined) process.env['GST_DEBUG'] = gstDebug;
  if (gstPluginPath !== undefined) {
    const before = process.env['GST_PLUGIN_PATH'];
    process.env['GST_PLUGIN_PATH'] = before ? `${gstPluginPath}:${before}` : gstPluginPath;
  }
}

/** Undefined after saying what is wrong with it. */
function parsePipeline(native: NativeAddon, args: readonly string[]): Pipeline | undefined {
  let parsed: Pipeline | undefined;
  try {
    const superficial = loadSuperficial();
    if (superficial === undefined) parsed = native.parseLaunch(args);
    else new superficial.Pipeline(launchString(args));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`WARNING: erroneous pipeline: ${text}\n`);
    const missing = /no element "([^"]+)"/.exec(text)?.[1];
    if (missing !== undefined) process.stderr.write(`${missingElementAdvice(missing)}\n`);
    return undefined;
  }
  try {
    return parsed ?? native.adoptPipeline();
  } catch {
    process.stderr.write(
      'ERROR: there is no kvssink in this pipeline.\n' +
        'kvs-launch runs pipelines that end in kvssink, e.g. "… ! h264parse ! kvssink ' +
        'stream-name=NAME"; gst-launch-1.0 runs all others.\n',
    );
    return undefined;
  }
}

/** As much of gstreamer-superficial as is used: its parser. The rest blocks or loses errors. */
type Superficial = { readonly Pipeline: new (launch: string) => unknown };

/** undefined where it was not installed or not compiled: the addon parses then. */
function loadSuperficial(): Superficial | undefined {
  try {
    return createRequire(import.meta.url)('gstreamer-superficial') as Superficial;
  } catch {
    return undefined;
  }
}
