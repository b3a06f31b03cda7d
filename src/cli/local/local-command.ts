import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseOrigin } from '../../local/access/access-policy.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
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
    .option('--region <name>', 'accept only signatures for this region');
  addLogOptions(command).action(async (options: LocalArguments) => {
    const { local } = await import('./local.ts');
    process.exitCode = await guarded(() => local(options, process.env));
  });
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
