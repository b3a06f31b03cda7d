/** Numbers as people read them. */

/** A value and its unit apart, for where they are set differently. */
export type Quantity = readonly [value: string, unit: string];

export function bitRate(bitsPerSecond: number): Quantity {
  if (bitsPerSecond >= 1e6) return [(bitsPerSecond / 1e6).toFixed(2), 'Mbit/s'];
  return [(bitsPerSecond / 1e3).toFixed(0), 'kbit/s'];
}

export function bytes(count: number): Quantity {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [value.toFixed(unit === 0 || value >= 100 ? 0 : 1), units[unit] ?? ''];
}

/**
 * A producer counts from its first frame, which may have been late itself: a later frame can then
 * arrive before its own time.
 */
export function duration(ms: number): Quantity {
  if (ms < 1) return ['< 1', 'ms'];
  if (ms < 1000) return [String(Math.round(ms)), 'ms'];
  if (ms < 10_000) return [(ms / 1000).toFixed(2), 's'];
  return span(ms);
}

/** A span of time that people count in seconds or more. */
export function span(ms: number): Quantity {
  if (ms < 120_000) return [(ms / 1000).toFixed(ms < 10_000 ? 1 : 0), 's'];
  if (ms < 2 * 3_600_000) return [(ms / 60_000).toFixed(0), 'min'];
  if (ms < 48 * 3_600_000) return [(ms / 3_600_000).toFixed(1), 'h'];
  return [(ms / 86_400_000).toFixed(1), 'days'];
}

export function text([value, unit]: Quantity): string {
  return unit === '' ? value : `${value} ${unit}`;
}

/** `1 fragment`, `2 fragments`, `1,204 fragments`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** `just now`, `12 s ago`. */
export function ago(ms: number): string {
  return ms < 1500 ? 'just now' : `${text(span(ms))} ago`;
}

export function retention(hours: number): string {
  if (hours === 0) return 'not retained (buffered for five minutes)';
  if (hours % 24 === 0) return count(hours / 24, 'day');
  return count(hours, 'hour');
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** Time of day; with the date when that is not today's. */
export function clock(epochMs: number, nowMs = Date.now()): string {
  const date = new Date(epochMs);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  const time = date.toLocaleTimeString('en-GB', CLOCK);
  return isToday ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}

/** Time of day with milliseconds. */
export function clockMs(epochMs: number): string {
  const ms = String(Math.floor(epochMs) % 1000).padStart(3, '0');
  return `${new Date(epochMs).toLocaleTimeString('en-GB', CLOCK)}.${ms}`;
}

export function dateTime(epochMs: number): string {
  const date = new Date(epochMs);
  return `${date.toLocaleDateString('en-CA')} ${date.toLocaleTimeString('en-GB', CLOCK)}`;
}
