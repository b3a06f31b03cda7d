import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import type { PutOptions, StartSource } from './put-options.ts';

const SOURCES: readonly string[] = ['auto', 'name', 'metadata', 'mtime'];

const EXAMPLES = `
Examples:
    $ kvs-launch put --stream-name door film.mkv
    $ kvs-launch put --stream-name '{name}' --parallel 4 *.mkv
    $ ffmpeg -i rtsp://camera/ -c copy -f matroska - | kvs-launch put --stream-name door -

A file that was interrupted is sent by the same command once more: what the stream has is left out.
Exit codes: 0 everything is persisted, 1 something is not, 130 interrupted.`;

/** `kvs-launch put`: files, to a stream. */
export function addPutCommand(program: Command): void {
  const command = program
    .command('put')
    .description('send Matroska files to a stream')
    .argument(
      '<file...>',
      'Matroska, MP4, MPEG-TS, H.264, H.265, …; - for Matroska on standard input',
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

function tag(text: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be name=value.');
  return { ...tags, [text.slice(0, equals)]: text.slice(equals + 1) };
}
