import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { whole } from '../process/parse-options.ts';
import { addStatusOptions } from '../status/status-options.ts';
import type { CameraOptions } from './camera.ts';
import type { Size } from './format-choice.ts';

/** `kvs-launch camera`: a camera of this machine, without a pipeline to write. */
export function addCameraCommand(program: Command): void {
  const command = program
    .command('camera')
    .description('stream a camera of this machine, with the best encoder that works')
    .option('--list', 'list cameras and microphones with their formats, and stream nothing')
    .option('--json', 'print the list as JSON')
    .addOption(
      new Option('--stream-name <name>', 'stream to send to').env('STREAM_NAME').default('camera'),
    )
    .option(
      '--device <name>',
      'path, name or number in the list; test: a test picture (default: 0)',
    )
    .option('--size <width>x<height>', 'pixels (default: the largest up to 1280x720)', size)
    .option('--fps <number>', 'frames per second', positive, 30)
    .option('--bitrate <kbit/s>', 'of the video, if it is encoded here', whole(1), 2000)
    .option(
      '--key-interval <seconds>',
      'between two key frames, if it is encoded here',
      positive,
      2,
    )
    .option('--audio [device]', 'also send sound (AAC), of the first or the named microphone')
    .option('--dry-run', 'print the pipeline, and do not run it');
  addStatusOptions(addLogOptions(addAwsOptions(command))).action(async (options: CameraOptions) => {
    const { camera } = await import('./camera.ts');
    process.exitCode = await guarded(() => camera(options));
  });
}

function size(text: string): Size {
  const [, width = '', height = ''] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? [];
  if (width === '') throw new InvalidArgumentError('A size is written as 1280x720.');
  return { width: Number(width), height: Number(height) };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}
