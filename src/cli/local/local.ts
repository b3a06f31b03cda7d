import { KvsError } from '../../errors/kvs-error.ts';
import { writeHealthRecord } from '../../host/health/health-record.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { isLoopback } from '../../local/http/addresses.ts';
import { runLocal } from '../../local/run.ts';
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
    ...(log === undefined ? {} : { besides: log }),
  });
  const healthFile = env['KVS_HEALTH_FILE'];
  if (healthFile) await writeHealthRecord(healthFile, { streams: {}, serviceUrl: service.url });
  await stopped;
  await service.close();
  return 0;
}
