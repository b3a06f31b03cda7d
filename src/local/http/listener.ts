import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { rememberRawSockets } from './raw-sockets.ts';
import type { RequestHandler } from './request-handler.ts';
import { REQUEST_ID } from './request-id.ts';
import { ShapedRequest } from './shaped-request.ts';
import { ShapedResponse } from './shaped-response.ts';

export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  readonly handler: RequestHandler;
  /** The service's clock, for the Date header. */
  readonly nowMs: () => number;
  /** PEM certificate and key; plain http without. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** A port that is being listened on. */
export type Listener = {
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
};

/**
 * Listens on a port.
 * @throws Error as node gives it: EADDRINUSE, EACCES, …
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const settings = {
    IncomingMessage: ShapedRequest,
    ServerResponse: ShapedResponse,
    // A PutMedia request lasts 45 minutes; node would end it after five.
    requestTimeout: 0,
    headersTimeout: 30_000,
    // Longer than clients keep idle connections, so that none is closed under a request.
    keepAliveTimeout: 120_000,
    noDelay: true,
    maxHeaderSize: 32 * 1024,
  };
  const server =
    options.tls === undefined
      ? createServer(settings)
      : createTlsServer({ ...settings, ...options.tls, minVersion: 'TLSv1.2' });
  server.timeout = 0;
  if (options.tls !== undefined) rememberRawSockets(server);
  const handle = (request: ShapedRequest, response: ShapedResponse, expects: boolean): void => {
    response.setHeader('date', new Date(options.nowMs()).toUTCString());
    options.handler(request, response, expects);
  };
  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { [REQUEST_ID]: randomUUID() }).end();
  });
  server.on('clientError', (_error, socket) => {
    if (!socket.writable) return;
    const headers = `connection: close\r\n${REQUEST_ID}: ${randomUUID()}`;
    socket.end(`HTTP/1.1 400 Bad Request\r\n${headers}\r\n\r\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
