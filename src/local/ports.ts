import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { AccessPolicy } from './access/access-policy.ts';
import { admitOrigin } from './access/cross-origin.ts';
import { requireOwnName } from './access/host-check.ts';
import { bracketed, isLoopback, namesOf, reachable } from './http/addresses.ts';
import { type Listener, listen } from './http/listener.ts';
import type { RequestHandler } from './http/request-handler.ts';
import { type MetricsHandler, metricsPort } from './metrics/metrics-routes.ts';
import type { LocalService, LocalServiceOptions } from './options.ts';
import { tlsMaterial } from './tls/server-identity.ts';

/** Where a service is reached. */
export type Addresses = Pick<LocalService, 'url' | 'tlsUrl' | 'caFile'>;

/** The names and addresses of the service beside those of loopback. */
export function ownNames({ host = '127.0.0.1', names = [] }: LocalServiceOptions): string[] {
  return [...namesOf(host), ...names].map((name) => name.toLowerCase());
}

/** Whether other machines can connect. */
export function isReachable({ host = '127.0.0.1', tlsPort }: LocalServiceOptions): boolean {
  return tlsPort !== undefined && !isLoopback(host);
}

/**
 * Listens on the service's ports. What is opened goes into `listeners` at once, so that the caller
 * can close it when a later one fails.
 * @throws Error as node gives it: EADDRINUSE, EACCES, …
 */
export async function openPorts(
  options: LocalServiceOptions,
  dataDir: string,
  clock: Clock,
  handler: RequestHandler,
  listeners: Listener[],
): Promise<Addresses> {
  const host = options.host ?? '127.0.0.1';
  const plainHost = isLoopback(host) ? host : '127.0.0.1';
  const nowMs = (): number => clock.nowMs();
  const plain = await listen({ host: plainHost, port: options.port ?? 0, handler, nowMs });
  listeners.push(plain);
  const url = `http://${bracketed(plainHost)}:${plain.port}`;
  if (options.tlsPort === undefined) return { url, tlsUrl: undefined, caFile: undefined };
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...ownNames(options)])];
  const material = await tlsMaterial(join(dataDir, 'tls'), names, clock.nowMs());
  const secure = await listen({ host, port: options.tlsPort, handler, nowMs, tls: material });
  listeners.push(secure);
  const tlsUrl = `https://${bracketed(reachable(host))}:${secure.port}`;
  return { url, tlsUrl, caFile: material.caFile };
}

/**
 * Listens on the port of /metrics and /health, if there is to be one.
 * @returns its URL.
 * @throws Error as node gives it: EADDRINUSE, EACCES, …
 */
export async function openMetricsPort(
  address: LocalServiceOptions['metrics'],
  metrics: MetricsHandler,
  access: AccessPolicy,
  clock: Clock,
  listeners: Listener[],
): Promise<string | undefined> {
  if (address === undefined) return undefined;
  const nowMs = (): number => clock.nowMs();
  const handler = metricsPort(metrics, (request, response) => {
    // Others reach it under names that only their network knows, such as a container's.
    if (isLoopback(address.host)) requireOwnName(request, access.names);
    admitOrigin(request, response, access.origins);
  });
  const listener = await listen({ ...address, handler, nowMs });
  listeners.push(listener);
  return `http://${bracketed(reachable(address.host))}:${listener.port}`;
}
