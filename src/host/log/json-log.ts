import { KvsError } from '../../errors/kvs-error.ts';
import { createLogger, LOGGER_LEVELS, type LoggerLevel } from '../../runtime/create-logger.ts';
import type { Logger } from '../../runtime/logger.ts';

/**
 * The log of JSON lines for the whole process that KVS_LOG_FILE and KVS_LOG_LEVEL ask for, which
 * `--log-file` and `--log-level` set; undefined when none is, and then nothing of pino is loaded.
 * @throws KvsError STATUS_OPEN_FILE_FAILED, STATUS_INVALID_ARG
 */
export function openJsonLog(env: Readonly<Record<string, string | undefined>>): Logger | undefined {
  const destination = env['KVS_LOG_FILE'];
  if (!destination) return undefined;
  const level = loggerLevel(env['KVS_LOG_LEVEL'] || 'info');
  return createLogger({ destination: destination === '-' ? 'stderr' : destination, level });
}

/** The element's property calls it `warning`, pino `warn`. */
function loggerLevel(name: string): LoggerLevel {
  const wanted = name === 'warning' ? 'warn' : name;
  const level = LOGGER_LEVELS.find((known) => known === wanted);
  if (level !== undefined) return level;
  throw new KvsError('STATUS_INVALID_ARG', `The log level is "${name}"`, {
    advice: 'It is one of error, warning, info, debug.',
  });
}
