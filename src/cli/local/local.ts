import { writeHealthRecord } from '../../host/health/health-record.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { runLocal } from '../../local/run.ts';
import { type LogOptions, logEnvironment } from '../process/log-options.ts';

/** Options of `kvs-launch local`. */
export type LocalArguments = LogOptions & {
  readonly data: string;
  readonly port: number;
  readonly tlsPort?: number;
  readonly host: string;
  readonly region?: string;
};

/**
 * Runs the local service until SIGINT or SIGTERM.
 * @returns the exit code.
 * @throws Error when the folder or a port cannot be used.
 */
export async function local(
  options: LocalArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { data, port, tlsPort, host, region } = options;
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const log = openJsonLog(logEnvironment(options, env));
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
