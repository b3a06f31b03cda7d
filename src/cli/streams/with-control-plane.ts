import { type AwsAccess, createAwsAccess } from '../../aws/aws-access.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { Backoff } from '../../putmedia/backoff.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { redacting } from '../../runtime/redact.ts';
import { type AwsOptions, serviceSettings } from '../process/aws-options.ts';
import { type LogOptions, logEnvironment } from '../process/log-options.ts';

/** Options that every `kvs-launch streams` command has. */
export type StreamsOptions = AwsOptions & LogOptions & { readonly json?: boolean };

const TIMEOUT_MS = 10_000;
/** Of a call that the service throttles: its limit is five a second and account. */
const ATTEMPTS = 6;

/** Runs with a way to the service that is closed behind it. */
export async function withControlPlane(
  options: StreamsOptions,
  run: (controlPlane: AwsAccess['controlPlane']) => Promise<number>,
): Promise<number> {
  const access = await createAwsAccess({
    ...serviceSettings(options),
    connectTimeoutMs: TIMEOUT_MS,
    completionTimeoutMs: TIMEOUT_MS,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    log: redacting(openJsonLog(logEnvironment(options, process.env)) ?? silentLogger),
  });
  try {
    return await run(access.controlPlane);
  } finally {
    access.close();
  }
}

/** Repeats a call that is throttled, a few times: it was refused, so that nothing happens twice. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(systemClock, Math.random);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const isThrottled = error instanceof KvsError && error.failure?.kind === 'throttled';
      if (!isThrottled || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
  }
}
