import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that lasts as long as this process. @param name what it is for */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kvs-bench-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
