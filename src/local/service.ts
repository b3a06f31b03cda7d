import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import type { ServiceContext } from './context.ts';
import { type Listener, listen } from './http/listener.ts';
import { createRouter } from './http/router.ts';
import { INGEST_LIMITS } from './ingest/limits.ts';
import { DEFAULT_BEHAVIOURS, type LocalService, type LocalServiceOptions } from './options.ts';
import { defaultCredentials } from './sigv4/credential-store.ts';
import { StreamRegistry } from './streams/stream-registry.ts';

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
  const streams = await StreamRegistry.open({
    dataDir,
    accountId: options.accountId ?? '123456789012',
    behaviours,
    clock,
    log,
    onChange: () => {},
  });
  const context: ServiceContext = {
    streams,
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
  const handler = createRouter(context, async () => false);
  const host = options.host ?? '127.0.0.1';
  const plainHost = isLoopback(host) ? host : '127.0.0.1';
  const listeners: Listener[] = [];
  const plain = await listen({ host: plainHost, port: options.port ?? 0, handler });
  listeners.push(plain);

  let closed = false;
  const sweep = (): void => {
    if (closed) return;
    for (const stream of streams.list()) {
      stream.fragments.enforceRetention().catch((error: unknown) => {
        log.error(`enforcing the retention failed: ${String(error)}`);
      });
    }
    clock.after(RETENTION_CHECK_MS, sweep);
  };
  sweep();

  return {
    url: `http://${bracketed(plainHost)}:${plain.port}`,
    tlsUrl: undefined,
    caFile: undefined,
    dataDir,
    streams,
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(listeners.map((listener) => listener.close()));
      await streams.close();
    },
  };
}

/** Whether an address cannot be reached from another machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);
