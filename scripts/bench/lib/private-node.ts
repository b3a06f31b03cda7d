import { copyFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from './own-folder.ts';

let copy: string | undefined;

/**
 * The Node that subjects run on: `BENCH_NODE`, else this one. It is a copy, so that its text is not
 * divided among the subject, the bench and its service: some 30 MiB would look shared that a camera's
 * machine has to hold for kvssink alone.
 */
export function privateNode(): string {
  if (copy !== undefined) return copy;
  copy = join(ownFolder('node'), 'node');
  copyFileSync(realpathSync(process.env['BENCH_NODE'] || process.execPath), copy);
  return copy;
}
