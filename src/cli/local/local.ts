import { KvsError } from '../../errors/kvs-error.ts';
import { writeHealthRecord } from '../../host/health/health-record.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { isLoopback } from '../../local/http/addresses.ts';
import { runLocal } from '../../local/run.ts';
import type { Behaviours } from '../../local/settings/behaviours.ts';
import type { IngestLimits } from '../../local/settings/ingest-limits.ts';
import type { MetricsAddress } from '../metrics/metrics-address.ts';
import { type LogOptions, logEnvironment } from '../process/log-options.ts';

/** Options of `kvs-launch local`. */
export type LocalArguments = LogOptions & {
  readonly data: string;
  readonly port: number;
  readonly tlsPort?: number;
  readonly host: string;
  readonly name: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly region?: string;
  readonly inMemory?: boolean;
  readonly memoryLimit: number;
  readonly metrics?: MetricsAddress;
  readonly awsLimits?: boolean;
  readonly ackDelay?: number;
  readonly persistDelay?: number;
  readonly createDelay?: number;
  readonly updateDelay?: number;
  readonly deleteDelay?: number;
  readonly keepDuplicates?: boolean;
  readonly producers?: number;
  readonly refuseProducers?: boolean;
  readonly maxStreams?: number;
  readonly minFragment?: number;
  readonly retention?: number;
  readonly sessionAge?: number;
  readonly idleTimeout?: number;
  readonly idleAck?: number;
};

/**
 * Runs the local service until SIGINT, SIGTERM or SIGHUP.
 * @returns the exit code.
 * @throws Error when the folder or a port cannot be used.
 */
export async function local(
  options: LocalArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { data, port, tlsPort, host, name: names, allowOrigin: allowOrigins, region } = options;
  if (!isLoopback(host) && tlsPort === undefined) {
    throw new KvsError('STATUS_INVALID_ARG', `--host ${host} opens nothing without --tls-port`, {
      advice:
        'Other machines are served over HTTPS only: add --tls-port 8443, or leave out --host.',
    });
  }
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    // Its terminal was closed.
    process.once('SIGHUP', resolve);
  });
  const log = openJsonLog(logEnvironment(options, env));
  const service = await runLocal({
    dataDir: data,
    port,
    host,
    names,
    allowOrigins,
    env,
    ...(tlsPort === undefined ? {} : { tlsPort }),
    ...(region === undefined ? {} : { region }),
    ...(options.inMemory ? { memoryBytes: options.memoryLimit * MIB } : {}),
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    awsLimits: options.awsLimits ?? false,
    behaviours: behavioursOf(options),
    limits: limitsOf(options),
    ...(log === undefined ? {} : { besides: log }),
  });
  const healthFile = env['KVS_HEALTH_FILE'];
  const serviceUrl = `${service.url}/health`;
  if (healthFile) await writeHealthRecord(healthFile, { streams: {}, serviceUrl });
  await stopped;
  await service.close();
  return 0;
}

const MIB = 1024 * 1024;

/** Delays and choices; those that were not given stay the service's. */
function behavioursOf(options: LocalArguments): Partial<Behaviours> {
  return given({
    ackDelayMs: options.ackDelay,
    persistDelayMs: options.persistDelay,
    createStreamMs: options.createDelay,
    updateStreamMs: options.updateDelay,
    deleteStreamMs: options.deleteDelay,
    keepDuplicates: options.keepDuplicates,
    refuseProducers: options.refuseProducers,
    defaultRetentionHours: options.retention,
    maxStreams: options.maxStreams,
  });
}

function limitsOf(options: LocalArguments): Partial<IngestLimits> {
  return given({
    maxConnectionMs: options.sessionAge,
    idleTimeoutMs: options.idleTimeout,
    idleAckMs: options.idleAck,
    maxPutMediaPerStream: options.producers,
    minFragmentMs: options.minFragment,
  });
}

function given<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
