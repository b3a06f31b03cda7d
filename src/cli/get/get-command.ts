import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { isoTime, seconds, whole } from '../process/parse-options.ts';
import { STREAM_ARGUMENT } from '../process/stream-argument.ts';
import type { GetOptions } from './get-options.ts';

const EXAMPLES = `
Examples:
    Record what is being sent, until Ctrl-C or for a minute:
    $ kvs-launch get door -o film.mkv
    $ kvs-launch get door -o film.mp4 --duration 60
    Fetch five minutes of what is stored:
    $ kvs-launch get door -o film.mp4 --from 2026-11-29T08:00:00Z --to 2026-11-29T08:05:00Z
    Write an image of each full minute of it:
    $ kvs-launch get door --frames images --every 60 --from 2026-11-29T08:00:00Z
    Watch it, list it, read its metadata:
    $ kvs-launch get door -o - | ffplay -
    $ kvs-launch get door --list --from 2026-11-29T08:00:00Z
    $ kvs-launch get door --tags --start earliest`;

/** `kvs-launch get`: what a stream receives or has stored. */
export function addGetCommand(program: Command): void {
  const command = program
    .command('get')
    .description('write a stream to a file or as images, or list what is stored')
    .argument('<stream>', STREAM_ARGUMENT)
    .option('-o, --output <file>', 'file to write; - for standard output')
    .addOption(
      new Option(
        '--format <name>',
        'format (default: by the file’s name; mkv), or of images: jpg (default) or png',
      ).choices(['mkv', 'mp4', 'jpg', 'png']),
    )
    .option('--frames <folder>', 'write images of the video to this folder')
    .option('--every <seconds>', 'time between two images; 0 for every image (default: 1)', every)
    .option('--force', 'overwrite files that exist')
    .option('--start <when>', 'now, earliest, or an ISO 8601 time (default: now)', start)
    .option('--after-fragment <number>', 'start after this fragment', digits)
    .option('--continuation-token <token>', 'start where GetMedia gave this token')
    .option('--from <time>', 'read what is stored, from this time on, or earliest', from)
    .option('--to <time>', 'read what is stored, up to this time (default: all that is there)', to)
    .addOption(
      new Option('--by <clock>', 'whose times --start, --from and --to are')
        .choices(['producer', 'server'])
        .default('producer'),
    )
    .option('--parallel <number>', 'fetch with so many calls at once (default: 2)', whole(1, 5))
    .option('--duration <seconds>', 'stop after so much media, in whole fragments', seconds)
    .option('--count <fragments>', 'stop after so many fragments', whole(1))
    .option('--list', 'list the stored fragments; with --tags, their tags as well')
    .option('--tags', 'print the tags of fragments that have any, as lines of JSON')
    .option('--json', 'print the list, or a line for each image, as JSON');
  addLogOptions(addAwsOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (stream: string, options: GetOptions) => {
      const { get } = await import('./get.ts');
      process.exitCode = await guarded(() => get(stream, options));
    });
}

function start(text: string): 'now' | 'earliest' | Date {
  return text === 'now' || text === 'earliest' ? text : isoTime(text);
}

function from(text: string): Date {
  return text === 'earliest' ? new Date(0) : isoTime(text);
}

function to(text: string): Date {
  return text === 'now' ? new Date() : isoTime(text);
}

/** Milliseconds. */
function every(text: string): number {
  return text.trim() === '0' ? 0 : Math.max(1, Math.round(seconds(text)));
}

function digits(text: string): string {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A fragment number has only digits.');
  return text;
}
