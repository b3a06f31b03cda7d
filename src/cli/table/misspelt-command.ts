import type { Command } from 'commander';
import { KvsError } from '../../errors/kvs-error.ts';
import { nearest } from './nearest.ts';

/**
 * Refuses words that are hardly a pipeline, and whose first is nearly a command; and help for a command
 * that there is not.
 * @throws KvsError STATUS_INVALID_ARG that names the command that was meant.
 */
export function refuseMisspelt(words: readonly string[], program: Command): void {
  const [first = '', second] = words;
  const names = ['help', ...program.commands.map((command) => command.name())];
  if (first === 'help' && second !== undefined) refuseUnknownTopic(second, names);
  if (first.startsWith('-') || names.includes(first)) return;
  if (words.some((word) => /!|kvssink/.test(word))) return;
  const meant = nearest(first, names);
  if (meant !== undefined) {
    throw new KvsError('STATUS_INVALID_ARG', `There is no command "${first}"`, {
      advice: `Did you mean: kvs-launch ${meant}`,
    });
  }
}

/** Commander's own answer is the help of everything, without a word of what is wrong. */
function refuseUnknownTopic(topic: string, names: readonly string[]): void {
  if (topic.startsWith('-') || names.includes(topic)) return;
  const meant = nearest(topic, names);
  throw new KvsError('STATUS_INVALID_ARG', `There is no command "${topic}"`, {
    advice:
      meant === undefined
        ? `There are: ${names.join(', ')}.`
        : `Did you mean: kvs-launch help ${meant}`,
  });
}
