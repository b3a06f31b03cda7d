import type { Clock } from '../runtime/clock.ts';
import type { LogFields, Logger } from '../runtime/logger.ts';

/**
 * A logger for a terminal: `12:03:44 PutMedia began [stream:demo session:5f2c]`. Debug is left
 * out; whatever a client sent is shown without control characters.
 */
export function lineLogger(
  print: (text: string) => void,
  clock: Clock,
  inherited: LogFields = {},
): Logger {
  const write = (mark: string, message: string, fields: LogFields = {}): void => {
    const tail = Object.entries({ ...inherited, ...fields })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}:${value}`)
      .join(' ');
    const time = new Date(clock.nowMs()).toTimeString().slice(0, 8);
    const line = `${time} ${mark}${message}${tail === '' ? '' : ` [${tail}]`}`;
    print(`${line.replace(/\p{Cc}+/gu, ' ')}\n`);
  };
  return {
    error: (message, fields) => write('ERROR ', message, fields),
    warn: (message, fields) => write('WARN ', message, fields),
    info: (message, fields) => write('', message, fields),
    debug: () => {},
    child: (fields) => lineLogger(print, clock, { ...inherited, ...fields }),
  };
}
