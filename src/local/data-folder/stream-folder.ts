import { createHash } from 'node:crypto';

/**
 * The folder of a stream. KVS allows names such as `..` and names of 256 characters, which are no
 * file names: those get a folder made of their hash.
 */
export function streamFolder(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(name)) return name;
  return `_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
