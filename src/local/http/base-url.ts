import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/**
 * The service's address as the client reached it. Amazon's C producer sends Host without the
 * port, so the port the connection came in on is added when there is none.
 */
export function baseUrl(request: IncomingMessage): string {
  const tls = request.socket instanceof TLSSocket;
  const scheme = tls ? 'https' : 'http';
  const { localPort } = request.socket;
  const host = request.headers.host ?? '127.0.0.1';
  const hasPort = /:\d+$/.test(host.replace(/^\[[^\]]*\]/, ''));
  const isDefault = localPort === (tls ? 443 : 80);
  return hasPort || isDefault ? `${scheme}://${host}` : `${scheme}://${host}:${localPort}`;
}
