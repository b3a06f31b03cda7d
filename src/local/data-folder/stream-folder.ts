import { createHash } from 'node:crypto';

/** Names of devices, which Windows opens in their place in every folder, whatever follows a dot. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The folder of a stream. KVS allows names such as `..` and names of 256 characters, which are no
 * file names: those get a folder made of their hash. So do, on macOS and Windows, names that another
 * one could be taken for there.
 */
export function streamFolder(name: string, platform: string = process.platform): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(name);
  return isPlain && !isAmbiguous(name, platform) ? name : `_${hashOf(name)}`;
}

/** Their file systems take `Door` for `door`, and Windows `door.` too. */
function isAmbiguous(name: string, platform: string): boolean {
  if (platform !== 'win32' && platform !== 'darwin') return false;
  if (/[A-Z]/.test(name)) return true;
  return platform === 'win32' && (name.endsWith('.') || DEVICES.test(name));
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
