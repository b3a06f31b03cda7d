import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseOrigin } from '../../local/access/access-policy.ts';
import { metricsAddress } from '../metrics/metrics-address.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { seconds, whole } from '../process/parse-options.ts';
import { addFaultCommand } from './fault-command.ts';
import type { LocalArguments } from './local.ts';

/** `kvs-launch local`: the service, on this machine. */
export function addLocalCommand(program: Command): void {
  const command = program
    .command('local')
    .description('run a local Kinesis Video Streams service')
    .option('--data <folder>', 'where streams are kept', '.kvs-local')
    .option('--port <number>', 'HTTP port, on loopback only; 0: any free port', port, 8787)
    .option('--tls-port <number>', 'HTTPS port; 0: any free port', port)
    .option('--host <address>', 'address to listen on for HTTPS', '127.0.0.1')
    .addOption(
      new Option('--name <host>', 'further name by which clients reach it; may be repeated')
        .argParser(further)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--allow-origin <origin>',
        'let this page call the API from a browser; may be repeated',
      )
        .argParser(origin)
        .default([], 'none'),
    )
    .option('--region <name>', 'accept only signatures for this region')
    .option('--in-memory', 'keep streams and media in memory, and write no files')
    .option('--memory-limit <MiB>', 'media kept with --in-memory', whole(1), 512)
    .option(
      '--metrics <address>',
      'serve /metrics and /health at this host:port, too',
      metricsAddress,
    )
    .option('--aws-limits', 'limit calls, fragments and bandwidth as AWS does')
    .option('--ack-delay <ms>', 'hold back every ack', whole(0))
    .option('--persist-delay <ms>', 'hold back PERSISTED acks, on top of --ack-delay', whole(0))
    .option('--create-delay <ms>', 'how long streams are CREATING', whole(0))
    .option('--update-delay <ms>', 'how long streams are UPDATING', whole(0))
    .option('--delete-delay <ms>', 'how long streams are DELETING', whole(0))
    .option('--keep-duplicates', 'store a fragment that is sent again twice, as KVS does')
    .option('--producers <number>', 'that may send to a stream at once (default: 1)', whole(1))
    .option('--refuse-producers', 'refuse a further one, instead of closing the oldest')
    .option('--max-streams <number>', 'that there can be (default: 10000)', whole(1))
    .option('--min-fragment <ms>', 'refuse fragments that are shorter (default: 0)', whole(0))
    .option('--retention <hours>', 'of streams that are created without one', whole(0, 87_600))
    .option('--session-age <seconds>', 'end PutMedia sessions after this (default: 2700)', seconds)
    .option('--idle-timeout <seconds>', 'end silent sessions after this (default: 30)', seconds)
    .option('--idle-ack <seconds>', 'send IDLE acks this often (default: 10)', seconds);
  addLogOptions(command).action(async (options: LocalArguments) => {
    const { local } = await import('./local.ts');
    process.exitCode = await guarded(() => local(options, process.env));
  });
  addFaultCommand(command);
}

function further(text: string, texts: readonly string[]): string[] {
  return [...texts, text];
}

function origin(text: string, texts: readonly string[]): string[] {
  try {
    return [...texts, parseOrigin(text)];
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : error}.`);
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  }
  return value;
}
