import type { LogFields, Logger } from './logger.ts';

type Level = Exclude<keyof Logger, 'child'>;

/** Logs to as many as are there: what several use has one log of its own, and they come and go. */
export class JoinedLoggers implements Logger {
  /** How often each was added: a line is written to it once in any case. */
  readonly #loggers = new Map<Logger, number>();

  /** The returned function ends it, once. */
  add(logger: Logger): () => void {
    this.#count(logger, 1);
    let isAdded = true;
    return () => {
      if (isAdded) this.#count(logger, -1);
      isAdded = false;
    };
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields);
  }

  child(fields: LogFields): Logger {
    const joined = (more: LogFields = {}): LogFields => ({ ...fields, ...more });
    return {
      error: (message, more) => this.error(message, joined(more)),
      warn: (message, more) => this.warn(message, joined(more)),
      info: (message, more) => this.info(message, joined(more)),
      debug: (message, more) => this.debug(message, joined(more)),
      child: (more) => this.child(joined(more)),
    };
  }

  #count(logger: Logger, change: number): void {
    const count = (this.#loggers.get(logger) ?? 0) + change;
    if (count > 0) this.#loggers.set(logger, count);
    else this.#loggers.delete(logger);
  }

  #write(level: Level, message: string, fields: LogFields | undefined): void {
    for (const logger of this.#loggers.keys()) logger[level](message, fields);
  }
}
