import { writeHealthRecord } from '../host/health-record.ts';
import { runLocal } from '../local/run.ts';

/** Options of `kvs-launch local`. */
export type LocalArguments = {
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
  { data, port, tlsPort, host, region }: LocalArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const service = await runLocal({
    dataDir: data,
    port,
    host,
    env,
    ...(tlsPort === undefined ? {} : { tlsPort }),
    ...(region === undefined ? {} : { region }),
  });
  const healthFile = env['KVS_HEALTH_FILE'];
  if (healthFile) await writeHealthRecord(healthFile, { streams: {}, serviceUrl: service.url });
  await stopped;
  await service.close();
  return 0;
}
