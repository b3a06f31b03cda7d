import { createInterface } from 'node:readline/promises';
import { KvsError } from '../../errors/kvs-error.ts';

/**
 * Asks on the terminal. The end of the input and Ctrl-C are a no.
 * @throws KvsError where there is no terminal to ask on
 */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new KvsError('STATUS_INVALID_OPERATION', `Not confirmed: ${question}`, {
      advice: 'Give --yes.',
    });
  }
  // Standard output is for results.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const over = new AbortController();
  terminal.once('SIGINT', () => over.abort());
  terminal.once('close', () => over.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: over.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!over.signal.aborted) throw error;
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
