import { join, resolve } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { type AccessPolicy, parseOrigin } from './access/access-policy.ts';
import { FolderLock } from './data-folder/folder-lock.ts';
import { Deliveries } from './deliveries/deliveries.ts';
import { FaultSet } from './faults/fault-set.ts';
import { MediaMemory } from './fragments/memory-fragments.ts';
import { Gate } from './http/gate.ts';
import type { Listener } from './http/listener.ts';
import { Meters } from './live/meters.ts';
import { createMetricsHandler } from './metrics/metrics-routes.ts';
import { FAULTY_OPERATIONS } from './operations/operations.ts';
import type { ServiceContext } from './operations/service-context.ts';
import type { LocalService, LocalServiceOptions } from './options.ts';
import { createPageHandler } from './page/page-routes.ts';
import { PlaybackSessions } from './playback/sessions/playback-sessions.ts';
import { type Addresses, isReachable, openMetricsPort, openPorts, ownNames } from './ports.ts';
import { createRouter } from './router.ts';
import { DEFAULT_BEHAVIOURS } from './settings/behaviours.ts';
import { CallQuotas } from './settings/call-quotas.ts';
import { AWS_LIMITS, INGEST_LIMITS } from './settings/ingest-limits.ts';
import { defaultCredentials } from './sigv4/credential-store.ts';
import { ownKey } from './sigv4/own-key.ts';
import { StreamRegistry } from './streams/stream-registry.ts';

/** Clocks may differ by this much (AWS Signature Version 4). */
const MAX_SKEW_MS = 5 * 60_000;
/** How often fragments past their retention are looked for. */
const RETENTION_CHECK_MS = 10_000;

/**
 * Starts a local service: a KVS on this machine. Nothing in the folder is read or written before
 * the folder is locked and the ports are held; requests that come meanwhile wait.
 * @throws DataFolderError when the folder cannot be used, or another service uses it.
 * @throws RangeError when an origin in `allowOrigins` is none, or a fault has something wrong.
 * @throws Error when a port cannot be listened on.
 */
export async function startLocalService(options: LocalServiceOptions): Promise<LocalService> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLogger;
  const dataDir = resolve(options.dataDir);
  const faults = new FaultSet(clock, log, FAULTY_OPERATIONS);
  for (const fault of options.faults ?? []) faults.add(fault);
  // Without files there is nothing that two could write to.
  const lock =
    options.memoryBytes === undefined ? await FolderLock.acquire(dataDir, clock) : undefined;
  const gate = new Gate();
  let closing: Promise<void> | undefined;
  const listeners: Listener[] = [];
  let addresses: Addresses;
  let streams: StreamRegistry;
  let deliveries: Deliveries | undefined;
  const accountId = options.accountId ?? '123456789012';
  let credentials = options.credentials ?? defaultCredentials(options.env ?? process.env);
  let credentialsFile: string | undefined;
  let metricsUrl: string | undefined;
  const access: AccessPolicy = {
    names: new Set(ownNames(options)),
    origins: new Set((options.allowOrigins ?? []).map(parseOrigin)),
  };
  try {
    addresses = await openPorts(options, dataDir, clock, gate.handler, listeners);
    if (isReachable(options) && options.credentials === undefined) {
      credentialsFile = join(dataDir, 'credentials');
      const { accessKeyId, secretAccessKey } = await ownKey(credentialsFile);
      credentials = new Map([...credentials, [accessKeyId, { secretAccessKey }]]);
    }
    streams = await openStreams();
    await lock?.announce(addresses.tlsUrl ? [addresses.url, addresses.tlsUrl] : [addresses.url]);
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    await lock?.release();
    throw error;
  }

  async function openStreams(): Promise<StreamRegistry> {
    const behaviours = { ...DEFAULT_BEHAVIOURS, ...options.behaviours };
    let meters: Meters | undefined;
    const registry = await StreamRegistry.open({
      dataDir,
      accountId,
      behaviours,
      memory: options.memoryBytes === undefined ? undefined : new MediaMemory(options.memoryBytes),
      clock,
      log,
      onChange: () => {
        meters?.refresh();
        deliveries?.refresh();
      },
    });
    meters = new Meters(registry, clock);
    meters.refresh();
    deliveries = new Deliveries({ streams: registry, dataDir, accountId, clock, log });
    deliveries.refresh();
    const context: ServiceContext = {
      streams: registry,
      playback: new PlaybackSessions(clock),
      verifier: {
        credentials,
        region: options.region,
        maxSkewMs: MAX_SKEW_MS,
      },
      faults,
      behaviours,
      quotas: options.awsLimits ? new CallQuotas(clock) : undefined,
      limits: { ...INGEST_LIMITS, ...(options.awsLimits ? AWS_LIMITS : {}), ...options.limits },
      clock,
      log,
    };
    const metrics = createMetricsHandler(meters, () => closing === undefined);
    gate.open(createRouter(context, createPageHandler(context, meters, metrics), access));
    metricsUrl = await openMetricsPort(options.metrics, metrics, access, clock, listeners);
    return registry;
  }

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

  const end = async (): Promise<void> => {
    faults.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
    await deliveries?.close();
    await streams.close();
    await lock?.release();
  };
  const close = (): Promise<void> => {
    closing ??= end();
    return closing;
  };
  return {
    ...addresses,
    credentialsFile,
    dataDir,
    metricsUrl,
    faults,
    streams,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type { Clock, Timer } from '../runtime/clock.ts';
export type { LogFields, Logger } from '../runtime/logger.ts';
export type { AckErrorId } from './errors/error-acks.ts';
export type {
  AckFaultLimits,
  ConnectionFaultLimits,
  Fault,
  FaultKind,
  FaultLimits,
  FaultState,
  FaultyAck,
  RequestFaultLimits,
} from './faults/fault.ts';
export type { LocalFaults } from './faults/fault-set.ts';
export type { InjectedFault } from './faults/injected-fault.ts';
export type { LocalService, LocalServiceOptions } from './options.ts';
export type { Behaviours } from './settings/behaviours.ts';
export type { IngestLimits } from './settings/ingest-limits.ts';
export type { CredentialMap, LocalCredential } from './sigv4/credential-store.ts';
