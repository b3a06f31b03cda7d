import { serveAddon } from '../../host/addon-host.ts';
import { createHostContext } from '../../host/create-host-context.ts';
import { loadNative, type NativeAddon, type Pipeline } from '../../host/native/native.ts';
import type { StatusWatch } from '../../host/status/status-watch.ts';
import type { Logger } from '../../runtime/logger.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import type { Observation } from '../status/observation.ts';
import { AdaptiveBitrate } from './adaptive-bitrate.ts';
import { adviseOnMissingElement, LAST_WORDS } from './debian-packages.ts';
import type { LaunchArguments } from './launch-arguments.ts';
import { launchString } from './launch-string.ts';
import { Launcher, type LaunchOptions } from './launcher.ts';
import { loadSuperficial } from './superficial.ts';

/**
 * Runs a pipeline in this process, as gst-launch-1.0 would. gstreamer-superficial parses it, or the
 * addon itself where that is not there.
 * @param args the pipeline, one argument per word, as the shell gave them.
 * @param observed watches the streams and gets what is printed.
 * @param log gets the core's lines besides GStreamer's debug log.
 * @returns the exit code.
 */
export async function launchInProcess(
  args: readonly string[],
  options: LaunchArguments & Pick<LaunchOptions, 'fatalWarning'>,
  log?: Logger,
  observed?: { readonly observation: Observation; readonly watch: StatusWatch },
): Promise<number> {
  const write = (stream: 'stdout' | 'stderr', text: string): void => {
    if (observed === undefined) process[stream].write(text);
    else observed.observation.write(stream, text);
  };
  const native = loadNative();
  const { profile, roleArn } = options;
  const host = serveAddon(
    native,
    createHostContext(
      {
        ...(profile === undefined ? {} : { profile }),
        ...(roleArn === undefined ? {} : { roleArn }),
      },
      log,
      observed?.watch,
    ),
  );
  const pipeline = await parsePipeline(native, args);
  if (pipeline === undefined) return 1;
  native.hold(true);
  const adaptive = adaptiveBitrate(pipeline, options, write);
  let errors = '';
  const launcher = new Launcher(
    pipeline,
    {
      quiet: options.quiet ?? false,
      messages: options.messages ?? false,
      verbose: options.verbose ?? false,
      exclude: options.exclude,
      fatalWarning: options.fatalWarning,
      onElementMessage: adaptive && ((message) => void adaptive.onMessage(message)),
    },
    {
      stdout: (text) => write('stdout', text),
      stderr: (text) => {
        errors = (errors + text).slice(-LAST_WORDS);
        write('stderr', text);
      },
      monotonicNs: process.hrtime.bigint,
      settled: () => host.disconnect(),
    },
  );
  onInterrupt(() => launcher.interrupt());
  const exitCode = await launcher.run();
  // At once: what is playing still, or being sent, is not waited for.
  if (exitCode === EXIT.interrupted) {
    observed?.observation.end();
    process.exit(exitCode);
  }
  native.hold(false);
  if (exitCode !== EXIT.ok) await adviseOnMissingElement(errors);
  return exitCode;
}

function adaptiveBitrate(
  pipeline: Pipeline,
  { adaptiveBitrate, minBitrate: min, maxBitrate: max, quiet }: LaunchArguments,
  write: (stream: 'stdout', text: string) => void,
): AdaptiveBitrate | undefined {
  if (adaptiveBitrate !== true) return undefined;
  return new AdaptiveBitrate(pipeline, { min, max }, (line) => {
    if (quiet !== true) write('stdout', `${line}\n`);
  });
}

/** Undefined after saying what is wrong with it. */
async function parsePipeline(
  native: NativeAddon,
  args: readonly string[],
): Promise<Pipeline | undefined> {
  let parsed: Pipeline | undefined;
  try {
    const superficial = loadSuperficial();
    if (superficial === undefined) parsed = native.parseLaunch(args);
    else new superficial.Pipeline(launchString(args));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`WARNING: erroneous pipeline: ${text}\n`);
    await adviseOnMissingElement(text);
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
