import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { findNativeFiles } from '../host/native/native-files.ts';
import { packageRoot } from '../runtime/package-root.ts';
import { addCameraCommand } from './camera/camera-command.ts';
import { addCompletionCommand } from './completion/completion-command.ts';
import { addDoctorCommand } from './doctor/doctor-command.ts';
import { addGetCommand } from './get/get-command.ts';
import type { LaunchArguments } from './launch/launch-arguments.ts';
import { addLocalCommand } from './local/local-command.ts';
import { addPlayCommand } from './play/play-command.ts';
import { EXIT } from './process/exit-codes.ts';
import { guarded } from './process/guarded.ts';
import { addLogOptions } from './process/log-options.ts';
import { addPutCommand } from './put/put-command.ts';
import { addRtspCommand } from './rtsp/rtsp-command.ts';
import { addSpoolCommand } from './spool/spool-command.ts';
import { addStatusOptions } from './status/status-options.ts';
import { addStreamsCommand } from './streams/streams-command.ts';
import { refuseMisspelt } from './table/misspelt-command.ts';

const EXAMPLES = `
Examples:
    Send a test picture to a local service and watch it in a browser:
    $ kvs-launch local
  and in another shell, after the three export lines that it prints:
    $ kvs-launch videotestsrc is-live=true ! \\
        x264enc key-int-max=60 tune=zerolatency ! h264parse ! kvssink stream-name=demo
    Send a camera to AWS, with credentials from a profile of the AWS CLI:
    $ kvs-launch --profile garden v4l2src ! videoconvert ! x264enc tune=zerolatency ! \\
        h264parse ! kvssink stream-name=door aws-region=eu-west-1
    Send every frame of a file:
    $ kvs-launch filesrc location=film.mp4 ! qtdemux ! h264parse ! \\
        kvssink stream-name=films streaming-type=offline
    Use the plugin in gst-launch-1.0 or any other GStreamer program:
    $ GST_PLUGIN_PATH=$(kvs-launch --plugin-path) gst-inspect-1.0 kvssink

The first interrupt (Ctrl-C, SIGTERM) ends the stream and waits until everything is acknowledged;
the second one stops at once. Exit codes: 0 end of stream, 1 error, 255 pipeline did not start,
130 stopped at once.`;

/** The command line of kvs-launch: gst-launch-1.0's, and what it has besides. */
export function createProgram(): Command {
  const program = new Command('kvs-launch');
  program
    // What --help prints is written before the process ends, or its error is told.
    .exitOverride()
    .description(
      'Runs a GStreamer pipeline with kvssink, which sends video and audio to Amazon Kinesis Video Streams.',
    )
    .usage('[options] <gst-launch-1.0 pipeline>')
    .version(packageVersion(), '--version', 'print the version')
    .argument('[pipeline...]', 'as gst-launch-1.0 takes it: elements with "!" between them')
    .option('-q, --quiet', 'print only errors')
    .option('-m, --messages', 'print all bus messages')
    .option('-v, --verbose', 'print property changes')
    .addOption(
      new Option('-X, --exclude <property>', 'do not print this property with -v; may be repeated')
        .argParser(collect)
        .default([] as string[], 'none'),
    )
    .option(
      '-e, --eos-on-shutdown',
      'accepted without effect: an interrupt always ends the stream first',
    )
    .addOption(new Option('-t, --tags', 'accepted, prints nothing').hideHelp())
    .addOption(new Option('-c, --toc', 'accepted, prints nothing').hideHelp())
    .addOption(new Option('-f, --no-fault', 'accepted, does nothing').hideHelp())
    .addOption(new Option('--no-position', 'accepted: no position is printed').hideHelp())
    .option(
      '--adaptive-bitrate',
      'lower the encoder’s bit rate while the connection is too slow, and raise it again',
    )
    .option(
      '--min-bitrate <kbit/s>',
      'lower limit (default: a tenth of the encoder’s setting)',
      kbits,
    )
    .option('--max-bitrate <kbit/s>', 'upper limit (default: the encoder’s setting)', kbits)
    .option('--profile <name>', 'profile of ~/.aws/config to take credentials and region from')
    .option('--role-arn <arn>', 'role to assume with those credentials')
    .option('--gst-debug <levels>', 'as in gst-launch-1.0, e.g. kvssink:5')
    .option('--gst-plugin-path <folders>', 'additional plugin folders')
    .option('--plugin-path', 'print the folder of libgstkvssink.so, for GST_PLUGIN_PATH')
    .addHelpText('after', EXAMPLES)
    // A command's options are its own: get --tags is not gst-launch-1.0's -t.
    .enablePositionalOptions()
    .helpCommand('help [command]', 'explain a command')
    .action(async (pipeline: string[], options: LaunchArguments) => {
      process.exitCode = await guarded(() => launch(pipeline, options, program));
    });
  addLogOptions(program);
  addStatusOptions(program);
  program.option('--config <file>', 'configuration file (default: kvs-launch.yaml)');
  addLocalCommand(program);
  addCameraCommand(program);
  addDoctorCommand(program);
  addRtspCommand(program);
  program
    .command('health')
    .description('report whether streams are acknowledged (KVS_HEALTH_FILE)')
    .action(async () => {
      const { health } = await import('./health/health.ts');
      process.exitCode = await guarded(() => health(process.env));
    });
  addPutCommand(program);
  addSpoolCommand(program);
  addStreamsCommand(program);
  addGetCommand(program);
  addPlayCommand(program);
  addCompletionCommand(program);
  program
    .command('build-native')
    .description('compile kvssink for this machine, if the package has no binaries for it')
    .action(() => {
      const script = join(packageRoot, 'scripts', 'build-native.mjs');
      const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
      process.exitCode = status ?? 1;
    });
  adviseHelp(program, []);
  return program;
}

/** Below an error of the command line stands the help that explains its options. */
function adviseHelp(command: Command, path: readonly string[]): void {
  command.showHelpAfterError(`Try ${['kvs-launch', ...path, '--help'].join(' ')}.`);
  for (const sub of command.commands) adviseHelp(sub, [...path, sub.name()]);
}

async function launch(
  pipeline: string[],
  options: LaunchArguments,
  program: Command,
): Promise<number> {
  if (options.pluginPath) {
    process.stdout.write(`${findNativeFiles().pluginFolder}\n`);
    return 0;
  }
  if (pipeline.length === 0) {
    process.stderr.write(
      'ERROR: pipeline could not be constructed: empty pipeline not allowed.\n' +
        'Try kvs-launch --help.\n',
    );
    return EXIT.error;
  }
  refuseMisspelt(pipeline, program);
  const { launchPipeline } = await import('./launch/launch.ts');
  return launchPipeline(pipeline, options);
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Bits per second of an option in kbit/s. */
function kbits(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('A bit rate is a number of kbit/s, above 0.');
  }
  return value * 1000;
}

function packageVersion(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
