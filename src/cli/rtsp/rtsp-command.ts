import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { seconds } from '../process/parse-options.ts';
import { addStatusOptions } from '../status/status-options.ts';
import { CODECS, DEFAULTS } from './network-camera.ts';
import type { RtspOptions } from './rtsp-options.ts';

const NOTES = `
Examples:
    $ STREAM_NAME=door kvs-launch rtsp rtsp://user:password@camera/path retention-period=24
    $ kvs-launch rtsp --cameras cameras.yaml --metrics

Set RTSP_URL in the environment instead of the address to hide a password from other users.
SIGINT or SIGTERM ends the streams and exits when everything is sent; with --cameras, SIGHUP reads
the file again. Exit codes: 0 everything was sent, 1 error, 130 stopped at once; with --once 3 and 4:
the camera has no video of this codec, or no sound.`;

/** `kvs-launch rtsp`: network cameras, connected to again whenever they are lost. */
export function addRtspCommand(program: Command): void {
  const command = program
    .command('rtsp')
    .description('stream network cameras without transcoding, reconnecting when they are lost')
    .argument(
      '[word...]',
      'rtsp://[user:password@]camera/path (or RTSP_URL in the environment), and properties of ' +
        'kvssink as for gst-launch-1.0: retention-period=24 storage-size=64 …',
    )
    .option('--cameras <file>', 'stream all cameras of a YAML or JSON file')
    .option('--stream-name <name>', 'stream to send to (or STREAM_NAME in the environment)')
    .addOption(new Option('--codec <name>', 'of the video (default: try both)').choices(CODECS))
    .option('--udp', 'use RTP over UDP (default: TCP)')
    .option(
      '--latency <ms>',
      `how late packets may arrive (default: ${DEFAULTS.latencyMs})`,
      milliseconds,
    )
    .option('--audio', 'send the sound too (AAC, A-law or mu-law)')
    .option(
      '--stall <seconds>',
      `reconnect after this time without a frame (default: ${DEFAULTS.stallMs / 1000})`,
      seconds,
    )
    .option('--once', 'end when the connection ends')
    .addHelpText('after', NOTES);
  addStatusOptions(addLogOptions(addAwsOptions(command))).action(
    async (words: string[], options: RtspOptions) => {
      const { rtsp } = await import('./rtsp.ts');
      process.exitCode = await guarded(() => rtsp(words, options, process.env));
    },
  );
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number of milliseconds, above 0.');
  }
  return value;
}
