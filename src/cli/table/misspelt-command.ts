import type { Command } from 'commander';
import { KvsError } from '../../errors/kvs-error.ts';
import { nearest } from './nearest.ts';

/**
 * Refuses words that are hardly a pipeline, and whose first is nearly a command.
 * @throws KvsError STATUS_INVALID_ARG that names the command that was meant.
 */
export function refuseMisspelt(words: readonly string[], program: Command): void {
  const [first = ''] = words;
  const names = ['help', ...program.commands.map((command) => command.name())];
  if (first.startsWith('-') || names.includes(first)) return;
  if (words.some((word) => /!|kvssink/.test(word))) return;
  const meant = nearest(first, names);
  if (meant !== undefined) {
    throw new KvsError('STATUS_INVALID_ARG', `There is no command "${first}"`, {
      advice: `Did you mean: kvs-launch ${meant}`,
    });
  }
}
