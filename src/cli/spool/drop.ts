import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { KvsError } from '../../errors/kvs-error.ts';
import { SpoolLock } from '../../spool/lock.ts';
import { EXIT } from '../process/exit-codes.ts';
import { summariesOf } from './spools.ts';

/** `kvs-launch spool drop`: deletes what waits, once that is confirmed. */
export async function drop(
  directory: string,
  stream: string | undefined,
  options: { readonly yes?: boolean },
): Promise<number> {
  const summaries = await summariesOf(directory, stream);
  for (const { stream: name, folder, fragments } of summaries) {
    const lock = await SpoolLock.take(folder);
    try {
      if (options.yes !== true && !(await isConfirmed(name, fragments))) continue;
      await rm(folder, { recursive: true });
      process.stdout.write(`${name}: ${fragments} fragments were deleted\n`);
    } finally {
      await lock.release();
    }
  }
  return EXIT.ok;
}

async function isConfirmed(stream: string, fragments: number): Promise<boolean> {
  const question = `Delete ${fragments} fragments of stream ${stream} that were never sent?`;
  if (!process.stdin.isTTY) {
    throw new KvsError('STATUS_INVALID_OPERATION', `Not confirmed: ${question}`, {
      advice: 'Give --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
