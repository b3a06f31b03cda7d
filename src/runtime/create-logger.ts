import { createRequire } from 'node:module';
import { KvsError } from '../errors/kvs-error.ts';
import type { Logger } from './logger.ts';
import { pinoLogger } from './pino-logger.ts';

/** Levels of a log, most important first; lines below the chosen one are not written. */
export const LOGGER_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** One of LOGGER_LEVELS. */
export type LoggerLevel = (typeof LOGGER_LEVELS)[number];

/** Where a log goes and how much of it. */
export type LoggerOptions = {
  /**
   * `stderr` (default), or the path of a file, to which lines are appended. Its folder must be
   * there. Rotate it with logrotate's `copytruncate`: the file stays open.
   */
  readonly destination?: string;
  /** Default `info`. */
  readonly level?: LoggerLevel;
};

/** Lines that wait while nothing can be written, at most; what is more is lost. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Makes a logger that writes pino's lines: one JSON object each, with `level`, `time`, `msg`, and
 * `stream`, `session`, `fragment` and what else the line is about (docs/2-use/log.md). Each line is
 * written at once, so that a crash loses none. pino is loaded here and nowhere else.
 * @throws KvsError STATUS_OPEN_FILE_FAILED when the file cannot be opened.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { destination = 'stderr', level = 'info' } = options;
  const pino = createRequire(import.meta.filename)('pino') as typeof import('pino');
  const sink = openSink(pino, destination);
  let isToldOf = false;
  // A disk that is full must not end a program that streams.
  sink.on('error', (error: Error) => {
    if (isToldOf || destination === 'stderr') return;
    isToldOf = true;
    process.stderr.write(`the log file ${destination} cannot be written: ${error.message}\n`);
  });
  return pinoLogger(pino.pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, sink));
}

function openSink(pino: typeof import('pino'), destination: string) {
  try {
    return pino.destination({
      dest: destination === 'stderr' ? 2 : destination,
      sync: true,
      maxLength: MAX_WAITING_BYTES,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KvsError('STATUS_OPEN_FILE_FAILED', `The log file cannot be opened: ${why}`, {
      cause,
      advice: 'Name a file in an existing folder that can be written to.',
    });
  }
}
