import { EXIT } from '../process/exit-codes.ts';
import type { Reading } from './reading.ts';

/** `kvs-launch get --tags`: a line of JSON for each fragment that has tags, as it comes. */
export async function getTags(reading: Reading): Promise<number> {
  process.stdout.once('error', () => reading.stop());
  for await (const fragment of reading.fragments) {
    const { number, producerTimestamp, serverTimestamp, tags } = fragment;
    if (tags.length === 0) continue;
    const line = JSON.stringify({ number, producerTimestamp, serverTimestamp, tags });
    await new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));
  }
  return reading.wasCut() ? EXIT.interrupted : EXIT.ok;
}
