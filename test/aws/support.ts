import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAgents } from '../../src/aws/agents.ts';
import { type ControlPlaneSettings, createControlPlane } from '../../src/aws/control-plane.ts';
import { staticCredentials } from '../../src/aws/credentials/static.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

/** A request as a test's server saw it. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

/** A server on loopback that is closed, connections and all, when the scope ends. */
export type TestServer = AsyncDisposable & {
  readonly url: URL;
  readonly port: number;
  readonly seen: Seen[];
  readonly server: Server;
};

/** What a test's server does with a request whose body has been read. */
export type Respond = (request: Seen, response: ServerResponse) => void;

/** Listens on a free port of 127.0.0.1, with TLS if `tls` is given. */
export const serve = async (respond: Respond, tls?: ServerOptions): Promise<TestServer> => {
  const seen: Seen[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body };
      seen.push(one);
      respond(one, response);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${tls === undefined ? 'http' : 'https'}://localhost:${port}/`),
    port,
    seen,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** Answers with JSON. */
export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

/** A control plane for `endpoint` with static keys and the machine's clock. */
export const controlPlaneFor = (endpoint: URL, more: Partial<ControlPlaneSettings> = {}) =>
  createControlPlane({
    region: 'us-west-2',
    endpoint,
    credentials: staticCredentials({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' }),
    agents: createAgents({ env: {}, log: silentLogger }),
    clock: systemClock,
    log: silentLogger,
    userAgent: 'agent/1',
    connectTimeoutMs: 5_000,
    completionTimeoutMs: 10_000,
    ...more,
  });
