import {
  type HealthVerdict,
  healthLimitMs,
  judgeHealth,
  machineMonotonicMs,
  readHealthRecord,
} from '../../host/health/health-record.ts';

/** Where the line goes: the process, unless a test reads it. */
type Output = Record<'stdout' | 'stderr', { write(text: string): unknown }>;

/** A local service that takes longer to answer is as good as none. */
const SERVICE_TIMEOUT_MS = 3_000;

/**
 * `kvs-launch health`: 0 when what is being streamed is being acknowledged, else 1, with a line that
 * says why. Made for Docker's HEALTHCHECK; whoever streams must have had the same KVS_HEALTH_FILE.
 * KVS_HEALTH_SECONDS is how old the last ack may be; with 0 everything is healthy.
 */
export async function health(
  env: Readonly<Record<string, string | undefined>>,
  { stdout, stderr }: Output = process,
): Promise<number> {
  const limitMs = healthLimitMs(env);
  if (limitMs === undefined) {
    stderr.write(`KVS_HEALTH_SECONDS is ${env['KVS_HEALTH_SECONDS']}: not a number.\n`);
    return 1;
  }
  const path = env['KVS_HEALTH_FILE'];
  if (!path) {
    stderr.write('KVS_HEALTH_FILE is not set: it names the file with the state of the streams.\n');
    return 1;
  }
  const record = readHealthRecord(path);
  const { healthy, text } =
    record?.serviceUrl === undefined
      ? judgeHealth(record, machineMonotonicMs(), limitMs)
      : await askService(record.serviceUrl);
  stdout.write(`${text}\n`);
  return healthy || limitMs === 0 ? 0 : 1;
}

async function askService(url: string): Promise<HealthVerdict> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SERVICE_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok
      ? { healthy: true, text: `The local service answers at ${url}.` }
      : { healthy: false, text: `The local service answers ${response.status} at ${url}.` };
  } catch (error) {
    const why = error instanceof Error ? (error.cause ?? error) : error;
    return { healthy: false, text: `The local service does not answer at ${url}: ${String(why)}.` };
  }
}
