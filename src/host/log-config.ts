import { appendFile, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogFields, Logger } from '../runtime/logger.ts';
import { formatFields, LOG_LEVELS, type LogLevel } from './log-level.ts';

/** What a log4cplus properties file asks for, as far as it is honoured: level and one file. */
export type LogConfig = {
  /** Of the root logger; undefined for OFF. */
  readonly level: LogLevel | undefined;
  /** `File` of the first file appender that the root logger names. */
  readonly file: string | undefined;
};

/** log4cplus's levels in ours; its FATAL and TRACE have no equivalent of their own. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  FATAL: 'error',
  ERROR: 'error',
  WARN: 'warning',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
  ALL: 'debug',
};

/**
 * Reads the file that `log-config` names, as applications have it for upstream. Undefined when it
 * is not there, which is no error: the property's default names a file that few have.
 */
export function readLogConfig(path: string): LogConfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return parseLogConfig(text);
}

/** As readLogConfig, of the file's text. */
export function parseLogConfig(text: string): LogConfig | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(log4cplus\.[\w.]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], match[2]);
  }
  const root = values.get('log4cplus.rootLogger');
  if (root === undefined) return undefined;
  const [level = '', ...appenders] = root.split(',').map((word) => word.trim());
  const file = appenders
    .map((name) => `log4cplus.appender.${name}`)
    .filter((name) => values.get(name)?.includes('FileAppender'))
    .map((name) => values.get(`${name}.File`))
    .find((name) => name !== undefined && name !== '');
  return { level: LEVELS[level.toUpperCase()], file };
}

/**
 * Logs into the configuration's file as well as to `logger`. Lines are appended one by one, each
 * with its time; a file that cannot be written is given up after one warning.
 * @param now for the lines' times.
 */
export function withLogFile(
  logger: Logger,
  { level, file }: LogConfig,
  now: () => Date = () => new Date(),
  inherited: LogFields = {},
): Logger {
  if (level === undefined || file === undefined) return logger;
  const threshold = LOG_LEVELS.indexOf(level);
  const sink = { queue: '', isWriting: false, isBroken: false };
  try {
    // One level only: Node's recursive mkdir does not return where a parent refuses with ENOENT.
    if (!existsSync(dirname(file))) mkdirSync(dirname(file));
  } catch (error) {
    logger.warn(`the log file ${file} cannot be written`, { error: String(error) });
    return logger;
  }
  const flush = (): void => {
    const text = sink.queue;
    sink.queue = '';
    sink.isWriting = true;
    appendFile(file, text, (error) => {
      sink.isWriting = false;
      if (error) {
        sink.isBroken = true;
        logger.warn(`the log file ${file} cannot be written`, { error: error.message });
      } else if (sink.queue !== '') flush();
    });
  };
  const write = (at: LogLevel, message: string, fields: LogFields): void => {
    if (sink.isBroken || LOG_LEVELS.indexOf(at) > threshold) return;
    sink.queue += `${now().toISOString()} ${at.toUpperCase()} ${message}${formatFields(fields)}\n`;
    if (!sink.isWriting) flush();
  };
  const make = (to: Logger, fixed: LogFields): Logger => ({
    error: (message, fields) => {
      write('error', message, { ...fixed, ...fields });
      to.error(message, fields);
    },
    warn: (message, fields) => {
      write('warning', message, { ...fixed, ...fields });
      to.warn(message, fields);
    },
    info: (message, fields) => {
      write('info', message, { ...fixed, ...fields });
      to.info(message, fields);
    },
    debug: (message, fields) => {
      write('debug', message, { ...fixed, ...fields });
      to.debug(message, fields);
    },
    child: (fields) => make(to.child(fields), { ...fixed, ...fields }),
  });
  return make(logger, inherited);
}
