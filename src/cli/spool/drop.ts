import { rm } from 'node:fs/promises';
import { SpoolLock } from '../../spool/lock.ts';
import { isConfirmed } from '../process/confirm.ts';
import { counted } from '../process/counted.ts';
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
      const question = `Delete ${counted(fragments, 'fragment')} of stream ${name} that were never sent?`;
      if (options.yes !== true && !(await isConfirmed(question))) continue;
      await rm(folder, { recursive: true });
      process.stdout.write(`${name}: ${counted(fragments, 'fragment')} deleted\n`);
    } finally {
      await lock.release();
    }
  }
  return EXIT.ok;
}
