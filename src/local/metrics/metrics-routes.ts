import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { sendError, sendJson } from '../http/reply.ts';
import type { RequestHandler } from '../http/request-handler.ts';
import type { Meters } from '../live/meters.ts';

/** What /health says; there is nothing in it that only some may know. */
type Health = { readonly healthy: boolean; readonly uptimeSeconds: number };

/** Answers /metrics and /health; false for any other path. */
export type MetricsHandler = (path: string, response: ServerResponse) => Promise<boolean>;

/**
 * Serves what watches over the service asks for. Nothing of prom-client is loaded before somebody
 * does.
 * @param isReady whether requests are answered.
 */
export function createMetricsHandler(meters: Meters, isReady: () => boolean): MetricsHandler {
  let registry: Promise<Registry> | undefined;
  return async (path, response) => {
    if (path === '/health') {
      const health: Health = { healthy: isReady(), uptimeSeconds: Math.round(process.uptime()) };
      sendJson(response, health.healthy ? 200 : 503, health);
      return true;
    }
    if (path !== '/metrics') return false;
    registry ??= import('./service-metrics.ts').then(({ serviceRegistry }) =>
      serviceRegistry(meters),
    );
    const known = await registry;
    const text = await known.metrics();
    response.writeHead(200, { 'content-type': known.contentType, 'cache-control': 'no-store' });
    response.end(text);
    return true;
  };
}

/**
 * A port of its own for them, which others may be allowed to reach.
 * @param admit throws when a request is to be refused.
 */
export function metricsPort(
  handler: MetricsHandler,
  admit: (request: IncomingMessage, response: ServerResponse) => void,
): RequestHandler {
  return (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    try {
      admit(request, response);
    } catch (error) {
      sendError(response, error);
      return;
    }
    const path = request.url?.split('?')[0] ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET' }).end();
      return;
    }
    handler(path, response).then(
      (known) => {
        if (!known) response.writeHead(404).end('There are /metrics and /health.\n');
      },
      () => response.destroy(),
    );
  };
}
