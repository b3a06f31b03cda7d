/** Bracketed key:value tail of a log line: stream, session, fragment, … Never a secret. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/**
 * What the core logs to. Behind it stand pino, the GStreamer debug log and text files; a library
 * user who passes none gets silence.
 */
export type Logger = {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger whose every line also carries `fields`. */
  child(fields: LogFields): Logger;
};

function nothing(): void {}

/** Logs nothing. */
export const silentLogger: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  child: () => silentLogger,
};
