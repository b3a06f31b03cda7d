import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors/service-error.ts';

/** Whether the client is on the same machine, a tunnel's end included. */
export function isFromThisMachine(request: IncomingMessage): boolean {
  const remote = request.socket.remoteAddress ?? '';
  return remote === '::1' || /^(::ffff:)?127\./.test(remote);
}

/**
 * The page and what it reads are not signed, so they are for this machine alone.
 * @throws ServiceError NotAuthorizedException
 */
export function requireLocal(request: IncomingMessage): void {
  if (isFromThisMachine(request)) return;
  throw new ServiceError(
    'NotAuthorizedException',
    'The page is for the machine the service runs on: open it there, or through an SSH tunnel.',
  );
}
