import { rename } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { codeOf } from './data-folder-error.ts';

/** Answers of a kernel or a file system that has no sockets there. */
const NO_SOCKETS = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'EIO']);

/**
 * A folder that is open. A socket's path has at most 107 bytes, and a data folder's may be longer:
 * through the descriptor it is short.
 */
export type OpenFolder = { readonly fd: number; readonly path: string };

function shortPath({ fd }: OpenFolder, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/**
 * Listens on a socket in the folder; the kernel ends that with the process, however it dies. The
 * name appears when the socket already answers: one that does not is taken for an orphan.
 * @returns undefined where the file system has no sockets.
 */
export async function listenIn(folder: OpenFolder, name: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.destroy();
  });
  server.unref();
  const fresh = `${name}.new`;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(shortPath(folder, fresh), resolve);
    });
    await rename(`${folder.path}/${fresh}`, `${folder.path}/${name}`);
    return server;
  } catch (error) {
    server.close();
    if (NO_SOCKETS.has(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether a process listens on a socket of the folder. */
export function isListenedOn(folder: OpenFolder, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(shortPath(folder, name));
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
