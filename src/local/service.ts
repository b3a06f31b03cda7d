import { join, resolve } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import type { ServiceContext } from './context.ts';
import { bracketed, isLoopback, namesOf, reachable } from './http/addresses.ts';
import { type Listener, listen } from './http/listener.ts';
import { createRouter } from './http/router.ts';
import { INGEST_LIMITS } from './ingest/limits.ts';
import { Meters } from './live/meters.ts';
import { DEFAULT_BEHAVIOURS, type LocalService, type LocalServiceOptions } from './options.ts';
import { createPageHandler } from './page/routes.ts';
import { HlsSessions } from './playback/hls/sessions.ts';
import { defaultCredentials } from './sigv4/credential-store.ts';
import { StreamRegistry } from './streams/stream-registry.ts';
import { tlsMaterial } from './tls/server-identity.ts';

/** Clocks may differ by this much (AWS Signature Version 4). */
const MAX_SKEW_MS = 5 * 60_000;
/** How often fragments past their retention are looked for. */
const RETENTION_CHECK_MS = 10_000;

/**
 * Starts a local service: a KVS on this machine.
 * @throws Error when the folder cannot be used or a port cannot be listened on.
 */
export async function startLocalService(options: LocalServiceOptions): Promise<LocalService> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLogger;
  const dataDir = resolve(options.dataDir);
  const behaviours = { ...DEFAULT_BEHAVIOURS, ...options.behaviours };
  let meters: Meters | undefined;
  const streams = await StreamRegistry.open({
    dataDir,
    accountId: options.accountId ?? '123456789012',
    behaviours,
    clock,
    log,
    onChange: () => meters?.refresh(),
  });
  meters = new Meters(streams, clock);
  meters.refresh();
  const context: ServiceContext = {
    streams,
    hls: new HlsSessions(clock),
    verifier: {
      credentials: options.credentials ?? defaultCredentials(process.env),
      region: options.region,
      maxSkewMs: MAX_SKEW_MS,
    },
    behaviours,
    limits: { ...INGEST_LIMITS, ...options.limits },
    clock,
    log,
  };
  const handler = createRouter(context, createPageHandler(context, meters));
  const host = options.host ?? '127.0.0.1';
  const plainHost = isLoopback(host) ? host : '127.0.0.1';
  const listeners: Listener[] = [];
  let addresses: Addresses;
  try {
    addresses = await openPorts();
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    await streams.close();
    throw error;
  }

  async function openPorts(): Promise<Addresses> {
    const plain = await listen({ host: plainHost, port: options.port ?? 0, handler });
    listeners.push(plain);
    const url = `http://${bracketed(plainHost)}:${plain.port}`;
    if (options.tlsPort === undefined) return { url, tlsUrl: undefined, caFile: undefined };
    const names = [...new Set(['localhost', '127.0.0.1', '::1', ...namesOf(host)])];
    const material = await tlsMaterial(join(dataDir, 'tls'), names, clock.nowMs());
    const secure = await listen({ host, port: options.tlsPort, handler, tls: material });
    listeners.push(secure);
    const tlsUrl = `https://${bracketed(reachable(host))}:${secure.port}`;
    return { url, tlsUrl, caFile: material.caFile };
  }

  let closing: Promise<void> | undefined;
  const sweep = (): void => {
    if (closing !== undefined) return;
    for (const stream of streams.list()) {
      stream.fragments.enforceRetention().catch((error: unknown) => {
        log.error(`enforcing the retention failed: ${String(error)}`);
      });
    }
    clock.after(RETENTION_CHECK_MS, sweep);
  };
  sweep();

  return {
    ...addresses,
    dataDir,
    streams,
    close() {
      closing ??= Promise.all(listeners.map((listener) => listener.close())).then(() =>
        streams.close(),
      );
      return closing;
    },
  };
}

export type { LocalService, LocalServiceOptions } from './options.ts';

type Addresses = Pick<LocalService, 'url' | 'tlsUrl' | 'caFile'>;
