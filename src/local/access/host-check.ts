import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ServiceError } from '../errors/service-error.ts';

/**
 * Refuses a name that is not the service's. A page of another site whose own name was made to point
 * at this machine (DNS rebinding) has the same origin as the service for its browser, and gives
 * itself away by nothing but the name. An address cannot be made to point elsewhere.
 * @throws ServiceError NotAuthorizedException
 */
export function requireOwnName(request: IncomingMessage, names: ReadonlySet<string>): void {
  const host = (request.headers.host ?? '').toLowerCase();
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const isLoopback = name === 'localhost' || name.endsWith('.localhost');
  if (isLoopback || isIP(name) !== 0 || names.has(name)) return;
  throw new ServiceError(
    'NotAuthorizedException',
    `"${name.slice(0, 253)}" is not a name of this service: start it with --name to add one.`,
  );
}
