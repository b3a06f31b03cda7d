import type { Logger } from './logger.ts';

/** A logger that writes every line to both. */
export function combineLoggers(one: Logger, other: Logger): Logger {
  return {
    error(message, fields) {
      one.error(message, fields);
      other.error(message, fields);
    },
    warn(message, fields) {
      one.warn(message, fields);
      other.warn(message, fields);
    },
    info(message, fields) {
      one.info(message, fields);
      other.info(message, fields);
    },
    debug(message, fields) {
      one.debug(message, fields);
      other.debug(message, fields);
    },
    child: (fields) => combineLoggers(one.child(fields), other.child(fields)),
  };
}
