import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KvsError } from '../../errors/kvs-error.ts';
import { judgeHealth, machineMonotonicMs } from '../../host/health/health-record.ts';
import { healthOf, type StatusSource } from '../../host/status/status-record.ts';
import type { MetricsAddress } from './metrics-address.ts';
import { prometheusRegistry } from './prometheus.ts';

/** A server of /metrics and /health. */
export type MetricsServer = { readonly url: string; close(): void };

/**
 * Serves the figures to Prometheus and the verdict to health checks. Does not keep the process
 * alive.
 * @param limitMs how old the last ack may be; with 0 everything is healthy.
 * @throws KvsError STATUS_INVALID_ARG when it cannot listen at the address.
 */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  source: StatusSource,
  limitMs: number,
): Promise<MetricsServer> {
  const registry = prometheusRegistry(source, limitMs, machineMonotonicMs);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'text/plain', 'Only GET.\n');
    } else if (path === '/health') {
      const { status, body } = health(source, limitMs);
      answer(response, status, 'application/json', body);
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => answer(response, 200, registry.contentType, text),
        (error: Error) => answer(response, 500, 'text/plain', `${error.message}\n`),
      );
    } else {
      answer(response, 404, 'text/plain', 'There are /metrics and /health.\n');
    }
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KvsError('STATUS_INVALID_ARG', `--metrics cannot be served: ${reason}`, {
      advice: 'Give another address: --metrics HOST:PORT.',
      cause: error,
    });
  }
  server.unref();
  const { address, port: taken, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function health(source: StatusSource, limitMs: number): { status: number; body: string } {
  const record = source.read();
  const now = machineMonotonicMs();
  const verdict = judgeHealth(healthOf(record), now, limitMs);
  const healthy = verdict.healthy || limitMs === 0;
  const streams = record.streams.map(({ name, isOpen, connection, frameMs, ackedMs }) => ({
    stream: name,
    open: isOpen,
    connection,
    lastFrameAgeSeconds: (now - frameMs) / 1000,
    ...(ackedMs === undefined ? {} : { lastAckAgeSeconds: (now - ackedMs) / 1000 }),
  }));
  return {
    status: healthy ? 200 : 503,
    body: `${JSON.stringify({ healthy, text: verdict.text, streams })}\n`,
  };
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
