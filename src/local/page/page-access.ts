import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ServiceError } from '../errors/service-error.ts';

/**
 * The page and what it reads are not signed, so they are for this machine alone: the connection
 * must come from loopback, and the Host header must be a name of loopback or an address. The
 * latter keeps out pages of other sites whose name was pointed at 127.0.0.1 (DNS rebinding).
 * @throws ServiceError NotAuthorizedException
 */
export function requireLocal(request: IncomingMessage): void {
  const remote = request.socket.remoteAddress ?? '';
  const isLocal = remote === '::1' || /^(::ffff:)?127\./.test(remote);
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const isOwnName = host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0;
  if (isLocal && isOwnName) return;
  throw new ServiceError(
    'NotAuthorizedException',
    'The page is for the machine the service runs on: open it there, or through an SSH tunnel.',
  );
}
