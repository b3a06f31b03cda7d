import { writeHealthRecord } from '../host/health/health-record.ts';
import { openJsonLog } from '../host/log/json-log.ts';
import { runLocal } from '../local/run.ts';

/** Options of `kvs-launch local`. */
export type LocalArguments = {
  readonly data: string;
  readonly port: number;
  readonly tlsPort?: number;
  readonly host: string;
  readonly region?: string;
  readonly logFile?: string;
  readonly logLevel?: string;
};

/**
 * Runs the local service until SIGINT or SIGTERM.
 * @returns the exit code.
 * @throws Error when the folder or a port cannot be used.
 */
export async function local(
  { data, port, tlsPort, host, region, logFile, logLevel }: LocalArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const log = openJsonLog({
    KVS_LOG_FILE: logFile ?? env['KVS_LOG_FILE'],
    KVS_LOG_LEVEL: logLevel ?? env['KVS_LOG_LEVEL'],
  });
  const service = await runLocal({
    dataDir: data,
    port,
    host,
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
