import { appendFile, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { combineLoggers } from '../../runtime/combine-loggers.ts';
import type { LogFields, Logger } from '../../runtime/logger.ts';
import type { LogConfig } from './log-config.ts';
import { formatFields, LOG_LEVELS, type LogLevel } from './log-level.ts';

/**
 * Logs into the file of a log4cplus configuration as well as to `logger`, as lines of text that
 * applications of upstream read. A file that cannot be written is given up after one warning.
 * @param now for the lines' times.
 */
export function withTextLog(
  logger: Logger,
  { level, file }: LogConfig,
  now: () => Date = () => new Date(),
): Logger {
  if (level === undefined || file === undefined) return logger;
  const failed = (error: Error): void =>
    logger.warn(`the log file ${file} cannot be written`, { error: error.message });
  try {
    // One level only: Node's recursive mkdir does not return where a parent refuses with ENOENT.
    if (!existsSync(dirname(file))) mkdirSync(dirname(file));
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)));
    return logger;
  }
  const threshold = LOG_LEVELS.indexOf(level);
  const append = appender(file, failed);
  const write = (at: LogLevel, message: string, fields: LogFields): void => {
    if (LOG_LEVELS.indexOf(at) > threshold) return;
    append(`${now().toISOString()} ${at.toUpperCase()} ${message}${formatFields(fields)}\n`);
  };
  return combineLoggers(lines(write, {}), logger);
}

function lines(
  write: (level: LogLevel, message: string, fields: LogFields) => void,
  inherited: LogFields,
): Logger {
  return {
    error: (message, fields) => write('error', message, { ...inherited, ...fields }),
    warn: (message, fields) => write('warning', message, { ...inherited, ...fields }),
    info: (message, fields) => write('info', message, { ...inherited, ...fields }),
    debug: (message, fields) => write('debug', message, { ...inherited, ...fields }),
    child: (fields) => lines(write, { ...inherited, ...fields }),
  };
}

/** Appends texts in their order, several at once where they come faster than the disk takes them. */
function appender(file: string, failed: (error: Error) => void): (text: string) => void {
  let queue = '';
  let isWriting = false;
  let isBroken = false;
  const flush = (): void => {
    const text = queue;
    queue = '';
    isWriting = true;
    appendFile(file, text, (error) => {
      isWriting = false;
      if (error) {
        isBroken = true;
        failed(error);
      } else if (queue !== '') {
        flush();
      }
    });
  };
  return (text) => {
    if (isBroken) return;
    queue += text;
    if (!isWriting) flush();
  };
}
