import { type Command, InvalidArgumentError } from 'commander';
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
    .option('--region <name>', 'accept only signatures for this region');
  addLogOptions(command).action(async (options: LocalArguments) => {
    const { local } = await import('./local.ts');
    process.exitCode = await guarded(() => local(options, process.env));
  });
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  }
  return value;
}
