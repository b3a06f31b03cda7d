import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createControlPlane } from '../../src/aws/control-plane.ts';
import { staticCredentials } from '../../src/aws/credentials/static.ts';
import { createAgents } from '../../src/aws/network/agents.ts';
import type { ControlPlaneSettings } from '../../src/aws/service-calls.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
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
export async function serve(respond: Respond, tls?: ServerOptions): Promise<TestServer> {
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
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A control plane for `endpoint` with static keys and the machine's clock. */
export function controlPlaneFor(endpoint: URL, more: Partial<ControlPlaneSettings> = {}) {
  return createControlPlane({
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
}

/** Answers DescribeStream with an active stream. */
export const streamInfo: Respond = (_, response) =>
  json(response, 200, {
    StreamInfo: {
      StreamName: 'cam',
      StreamARN: 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1',
      Status: 'ACTIVE',
      DataRetentionInHours: 2,
      Version: 'v1',
      MediaType: 'video/h264',
    },
  });

/** Answers GetDataEndpoint. */
export function endpointOnly(endpoint: string): Respond {
  return (_, response) => json(response, 200, { DataEndpoint: endpoint });
}

/** The KvsError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<KvsError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KvsError, `not a KvsError: ${String(error)}`);
    return error;
  }
  throw new assert.AssertionError({ message: 'did not reject' });
}
