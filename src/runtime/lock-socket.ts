import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Answers of a kernel or a file system that has no sockets there. */
const NO_SOCKETS = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'EIO']);

/** What a socket's path may have: 107 bytes on Linux, 103 on macOS. */
const MAX_PATH_BYTES = 103;

/** A folder that is open for as long as it is used; `path` is absolute. */
export type OpenFolder = { readonly fd: number; readonly path: string };

/**
 * Where a socket of the folder is found: through the folder's descriptor where there is a /proc, since
 * its path may be longer than a socket's; a named pipe on Windows; undefined where neither can be.
 */
function address({ fd, path }: OpenFolder, name: string): string | undefined {
  if (process.platform === 'win32') {
    const place = createHash('sha256').update(path.toLowerCase()).digest('hex').slice(0, 32);
    return `\\\\.\\pipe\\kvs-launch-${place}-${name}`;
  }
  const folder = `/proc/self/fd/${fd}`;
  if (existsSync(folder)) return `${folder}/${name}`;
  const full = join(path, name);
  return Buffer.byteLength(full) <= MAX_PATH_BYTES ? full : undefined;
}

/**
 * Listens on a socket in the folder; the kernel ends that with the process, however it dies. The
 * name appears when the socket already answers: one that does not is taken for an orphan.
 * @returns undefined where the system or the file system has no sockets.
 */
export async function listenIn(folder: OpenFolder, name: string): Promise<Server | undefined> {
  // A pipe has its name when it answers, and keeps it.
  const isPipe = process.platform === 'win32';
  const fresh = isPipe ? name : `${name}.new`;
  const place = address(folder, fresh);
  if (place === undefined) return undefined;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.destroy();
  });
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place, resolve);
    });
    if (!isPipe) await rename(join(folder.path, fresh), join(folder.path, name));
    return server;
  } catch (error) {
    server.close();
    if (NO_SOCKETS.has(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether a process listens on a socket of the folder. */
export function isListenedOn(folder: OpenFolder, name: string): Promise<boolean> {
  const place = address(folder, name);
  if (place === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(place);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      // Any other refusal, of a full queue or of another user's socket, comes from a living one.
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
