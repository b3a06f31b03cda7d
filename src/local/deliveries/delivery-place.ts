import { join } from 'node:path';

/**
 * A path under a folder for a name from outside: parts that lead elsewhere are left out, and what no
 * file system takes is replaced.
 */
export function placeOf(folder: string, name: string): string {
  const parts = name
    .split('/')
    .map((part) => part.replaceAll(/[\p{Cc}\\:*?"<>|]/gu, '_').slice(0, MAX_PART))
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return join(folder, ...parts);
}

/** Characters of a file's name, with room for what comes behind it. */
const MAX_PART = 200;
