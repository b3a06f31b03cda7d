import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import type { PutOptions, StartSource } from './put-options.ts';

const SOURCES: readonly string[] = ['auto', 'name', 'metadata', 'mtime'];

const EXAMPLES = `
Examples:
    $ kvs-launch put --stream-name door film.mkv
    $ kvs-launch put --stream-name '{name}' --parallel 4 *.mp4
    $ ffmpeg -i rtsp://camera/ -c copy -f matroska - | kvs-launch put --stream-name door -

A file that was interrupted is sent by the same command once more: what the stream has is left out.
Exit codes: 0 everything is persisted, 1 something is not, 130 interrupted.`;

/** `kvs-launch put`: files, to a stream. */
export function addPutCommand(program: Command): void {
  const command = program
    .command('put')
    .description('send files to a stream, without encoding them anew')
    .argument(
      '<file...>',
      'Matroska, MP4, MPEG-TS, AVI, FLV, H.264, H.265, …; - for Matroska on standard input',
    )
    .addOption(
      new Option('--stream-name <name>', 'stream to send to; {name} in it is the file’s name')
        .env('STREAM_NAME')
        .makeOptionMandatory(),
    )
    .option(
      '--start-time <time>',
      'when the first frame was taken: an ISO 8601 time, name, metadata, mtime, or auto: the first ' +
        'of these that there is',
      startTime,
      'auto',
    )
    .option(
      '--frame-rate <frames per second>',
      'of H.264, H.265 and Motion JPEG files that do not say it, e.g. 25 or 30000/1001',
      frameRate,
    )
    .option('--parallel <number>', 'streams to send to at once', count, 1)
    .option('--retention <hours>', 'retention of a stream that is created', count, 24)
    .addOption(
      new Option('--tag <name=value>', 'metadata of each fragment; may be repeated')
        .argParser(tag)
        .default({}, 'none'),
    )
    .option('--no-resume', 'do not ask what the stream has already; send everything')
    .addHelpText('after', EXAMPLES);
  addLogOptions(addAwsOptions(command)).action(async (files: string[], options: PutOptions) => {
    const { put } = await import('./put.ts');
    process.exitCode = await guarded(() => put(files, options));
  });
}

function startTime(text: string): StartSource | Date {
  if (SOURCES.includes(text)) return text as StartSource;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text);
  const time = new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (!isTime || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError(
      `It is a time such as 2026-11-29T08:00:00Z, or one of ${SOURCES.join(', ')}.`,
    );
  }
  return time;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  }
  return value;
}

function frameRate(text: string): number {
  const [, number = '', divisor = '1'] = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text) ?? [];
  const rate = Number(number) / Number(divisor);
  if (!(rate > 0 && rate <= 1000)) {
    throw new InvalidArgumentError('It is a number such as 25 or 30000/1001, of 1000 at most.');
  }
  return rate;
}

function tag(text: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be name=value.');
  return { ...tags, [text.slice(0, equals)]: text.slice(equals + 1) };
}
