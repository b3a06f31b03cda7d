import { extname } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { checkStreamName } from '../../producer/info/stream-info.ts';
import type { PutInput } from './put-input.ts';

/** The files of one stream, in the order in which they are sent. */
export type StreamJob = { readonly streamName: string; readonly inputs: readonly PutInput[] };

const PLACEHOLDER = '{name}';

/**
 * Which file goes to which stream. A stream takes one PutMedia at a time, so that its files follow
 * each other.
 * @param pattern a stream's name; `{name}` in it is the file's, without its ending
 * @throws KvsError STATUS_INVALID_ARG for standard input with a pattern, or twice, and as
 *     `checkStreamName`
 */
export function jobsOf(inputs: readonly PutInput[], pattern: string): StreamJob[] {
  if (inputs.filter(({ path }) => path === undefined).length > 1) {
    throw new KvsError('STATUS_INVALID_ARG', 'Standard input can be sent once only', {
      advice: '',
    });
  }
  const jobs = new Map<string, PutInput[]>();
  for (const input of inputs) {
    const name = streamNameOf(input, pattern);
    checkStreamName(name);
    const files = jobs.get(name);
    if (files === undefined) jobs.set(name, [input]);
    else files.push(input);
  }
  return [...jobs].map(([streamName, files]) => ({ streamName, inputs: files }));
}

function streamNameOf({ name }: PutInput, pattern: string): string {
  if (!pattern.includes(PLACEHOLDER)) return pattern;
  if (name === undefined) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `Standard input has no name to put for ${PLACEHOLDER}`,
      {
        advice: 'Give --stream-name the name of a stream.',
      },
    );
  }
  const stem = name.slice(0, name.length - extname(name).length);
  // What no name of a stream may have.
  return pattern.replaceAll(PLACEHOLDER, stem.replaceAll(/[^a-zA-Z0-9_.-]/g, '_'));
}

/**
 * Runs tasks, so many at a time, in their order.
 * @throws what a task throws first; no other task is begun then
 */
export async function runParallel(
  tasks: readonly (() => Promise<void>)[],
  most: number,
): Promise<void> {
  const left = [...tasks];
  const worker = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      try {
        await task();
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, tasks.length) }, worker));
}
