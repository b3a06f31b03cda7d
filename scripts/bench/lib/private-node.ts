import { copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let copy: string | undefined;

/**
 * The Node that subjects run on: `BENCH_NODE`, else this one. It is a copy, so that its text is not
 * divided among the subject, the bench and its service: some 30 MiB would look shared that a camera's
 * machine has to hold for kvssink alone.
 */
export function privateNode(): string {
  if (copy !== undefined) return copy;
  const folder = mkdtempSync(join(tmpdir(), 'kvs-bench-node-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copy = join(folder, 'node');
  copyFileSync(realpathSync(process.env['BENCH_NODE'] || process.execPath), copy);
  return copy;
}
