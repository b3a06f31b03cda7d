import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { whole } from '../process/parse-options.ts';
import { STREAM_ARGUMENT } from '../process/stream-argument.ts';
import type { CreateOptions } from './streams-create.ts';
import type { DeleteOptions } from './streams-delete.ts';
import type { ListOptions } from './streams-list.ts';
import type { RetentionOptions } from './streams-retention.ts';
import type { TagsOptions } from './streams-tags.ts';
import type { StreamsOptions } from './with-control-plane.ts';

/** `kvs-launch streams …`: the streams of an account and region. */
export function addStreamsCommand(program: Command): void {
  const streams = program.command('streams').description('list, create, change and delete streams');
  const add = (name: string, description: string): Command =>
    streams.command(name).description(description);
  const withCommonOptions = (command: Command): Command =>
    addLogOptions(addAwsOptions(command.option('--json', 'print JSON')));

  withCommonOptions(
    add('list', 'list the streams of the region, in the order of names')
      .option('--prefix <text>', 'only those whose names begin so')
      .option('--limit <number>', 'at most so many', whole(1)),
  ).action(async (options: ListOptions) => {
    const { list } = await import('./streams-list.ts');
    process.exitCode = await guarded(() => list(options));
  });

  withCommonOptions(
    add('describe', 'print what the service knows of a stream').argument(
      '<stream>',
      STREAM_ARGUMENT,
    ),
  ).action(async (stream: string, options: StreamsOptions) => {
    const { describe } = await import('./streams-describe.ts');
    process.exitCode = await guarded(() => describe(stream, options));
  });

  withCommonOptions(
    add('create', 'create a stream, and print its ARN')
      .argument('<name>', 'name of the stream')
      .option('--retention <hours>', 'how long media is kept; 0: not at all', whole(0), 24)
      .option('--media-type <type>', 'such as video/h264, or video/h264,audio/aac')
      .option('--device-name <name>', 'name of the device')
      .option('--kms-key <id>', 'id or ARN of the KMS key (default: the account’s for KVS)')
      .addOption(tagOption('--tag <key=value>', 'tag; may be repeated')),
  ).action(async (name: string, options: CreateOptions) => {
    const { create } = await import('./streams-create.ts');
    process.exitCode = await guarded(() => create(name, options));
  });

  withCommonOptions(
    add('retention', 'print a stream’s retention period in hours, or change it')
      .argument('<stream>', STREAM_ARGUMENT)
      .addOption(
        new Option('--set <hours>', 'retain so many hours')
          .argParser(whole(0))
          .conflicts(['increase', 'decrease']),
      )
      .addOption(
        new Option('--increase <hours>', 'retain so many hours more')
          .argParser(whole(1))
          .conflicts('decrease'),
      )
      .option('--decrease <hours>', 'retain so many hours less; asks first', whole(1))
      .option('--yes', 'do not ask'),
  ).action(async (stream: string, options: RetentionOptions) => {
    const { retention } = await import('./streams-retention.ts');
    process.exitCode = await guarded(() => retention(stream, options));
  });

  withCommonOptions(
    add('tags', 'print a stream’s tags, or change them')
      .argument('<stream>', STREAM_ARGUMENT)
      .addOption(tagOption('--set <key=value>', 'add or replace a tag; may be repeated'))
      .addOption(
        new Option('--remove <key>', 'remove a tag; may be repeated')
          .argParser((key: string, keys: readonly string[]) => [...keys, key])
          .default([] as readonly string[], 'none'),
      ),
  ).action(async (stream: string, options: TagsOptions) => {
    const { tags } = await import('./streams-tags.ts');
    process.exitCode = await guarded(() => tags(stream, options));
  });

  addLogOptions(
    addAwsOptions(
      add('delete', 'delete a stream and all that it retains; asks first')
        .argument('<stream>', STREAM_ARGUMENT)
        .option('--yes', 'do not ask'),
    ),
  ).action(async (stream: string, options: DeleteOptions) => {
    const { deleteStream } = await import('./streams-delete.ts');
    process.exitCode = await guarded(() => deleteStream(stream, options));
  });
}

function tagOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(withTag).default({}, 'none');
}

function withTag(text: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('A tag is written as key=value.');
  return { ...tags, [text.slice(0, at)]: text.slice(at + 1) };
}
