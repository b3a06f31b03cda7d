import { type Command, InvalidArgumentError } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import type { SendOptions } from './send.ts';

const DIRECTORY = 'spool-directory of the pipeline';
const STREAM = 'name or ARN of one stream (default: all)';

/** `kvs-launch spool …`: what waits on the disk, without the pipeline that it comes from. */
export function addSpoolCommand(program: Command): void {
  const spool = program
    .command('spool')
    .description('list, send or delete what is waiting in a spool-directory');
  spool
    .command('list')
    .description('list what is waiting, by stream')
    .argument('<directory>', DIRECTORY)
    .argument('[stream]', STREAM)
    .option('--json', 'print it as JSON')
    .action(async (directory: string, stream: string | undefined, options: { json?: boolean }) => {
      const { list } = await import('./list.ts');
      process.exitCode = await guarded(() => list(directory, stream, options));
    });
  const sending = spool
    .command('send')
    .description('send what is waiting, without a camera')
    .argument('<directory>', DIRECTORY)
    .argument('[stream]', STREAM)
    .option('--key-file <path>', 'as the property spool-key-file')
    .option('--bandwidth <bits per second>', 'as the property spool-bandwidth', amount)
    .option('--timeout <seconds>', 'give up after this time (default: never)', amount);
  addLogOptions(addAwsOptions(sending)).action(
    async (directory: string, stream: string | undefined, options: SendOptions) => {
      const { send } = await import('./send.ts');
      process.exitCode = await guarded(() => send(directory, stream, options));
    },
  );
  spool
    .command('drop')
    .description('delete what waits')
    .argument('<directory>', DIRECTORY)
    .argument('[stream]', STREAM)
    .option('--yes', 'do not ask')
    .action(async (directory: string, stream: string | undefined, options: { yes?: boolean }) => {
      const { drop } = await import('./drop.ts');
      process.exitCode = await guarded(() => drop(directory, stream, options));
    });
}

function amount(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}
