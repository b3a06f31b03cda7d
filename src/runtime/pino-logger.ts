import { type LogFields, type Logger, silentLogger } from './logger.ts';

type PinoLevel = 'error' | 'warn' | 'info' | 'debug';

/**
 * As much of a pino logger as is used. A shape and not pino's own type, so that any of its versions
 * fits, and so that nothing of pino is loaded for a program that brings its own.
 */
export type PinoLike = {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  isLevelEnabled(level: string): boolean;
  bindings(): object;
  child(bindings: object): PinoLike;
};

/** True for a pino logger, whose methods take the fields before the message. */
function isPino(logger: Logger | PinoLike): logger is PinoLike {
  return 'bindings' in logger && 'isLevelEnabled' in logger;
}

/** A Logger that writes through a pino logger: level, destination and format are pino's affair. */
export function pinoLogger(pino: PinoLike): Logger {
  const write = (level: PinoLevel, message: string, fields: LogFields | undefined): void => {
    if (pino.isLevelEnabled(level)) pino[level](plain(fields), message);
  };
  return {
    error: (message, fields) => write('error', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    child: (fields) => pinoLogger(pino.child(plain(fields))),
  };
}

/** An application's logger, of either kind; by default nothing is logged. */
export function loggerOf(logger: Logger | PinoLike = silentLogger): Logger {
  return isPino(logger) ? pinoLogger(logger) : logger;
}

/** JSON has no bigint: one becomes a number while that is exact, and a text beyond. */
function plain(fields: LogFields = {}): Record<string, string | number | boolean | undefined> {
  const values: Record<string, string | number | boolean | undefined> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'bigint') values[name] = value;
    else values[name] = Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  return values;
}
