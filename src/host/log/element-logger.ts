import type { LogFields, Logger } from '../../runtime/logger.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { HostMessage } from '../wire/wire.ts';
import { formatFields, type LogLevel } from './log-level.ts';

/** GStreamer's own numbers, which the log message carries. */
const LEVELS: Readonly<Record<LogLevel, number>> = { error: 1, warning: 2, info: 4, debug: 5 };

/**
 * Logs into GStreamer's debug log, category kvssink, through the element. Lines below the
 * level are not even made: nobody would see them.
 * @param threshold the level of now; a change counts from the next line on
 */
export function elementLogger(
  send: SendToElement,
  threshold: () => LogLevel,
  inherited: LogFields = {},
): Logger {
  const log = (level: LogLevel, message: string, fields: LogFields | undefined): void => {
    if (LEVELS[level] > LEVELS[threshold()]) return;
    send(HostMessage.log, LEVELS[level], message + formatFields({ ...inherited, ...fields }));
  };
  return {
    error: (message, fields) => log('error', message, fields),
    warn: (message, fields) => log('warning', message, fields),
    info: (message, fields) => log('info', message, fields),
    debug: (message, fields) => log('debug', message, fields),
    child: (fields) => elementLogger(send, threshold, { ...inherited, ...fields }),
  };
}
