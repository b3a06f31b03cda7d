import { InvalidArgumentError } from 'commander';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;

/** An ISO 8601 time with a zone; without one, nobody could say which is meant. */
export function isoTime(text: string): Date {
  const time = new Date(text);
  if (!TIME.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('A time looks like 2026-11-29T08:00:00Z or …+01:00.');
  }
  return time;
}

/** Seconds, as milliseconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number of seconds, above 0.');
  }
  return value * 1_000;
}

/** A parser of whole numbers. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
      const upTo = most === Number.MAX_SAFE_INTEGER ? 'of at least' : 'from';
      const range = most === Number.MAX_SAFE_INTEGER ? `${least}` : `${least} to ${most}`;
      throw new InvalidArgumentError(`It must be a whole number ${upTo} ${range}.`);
    }
    return value;
  };
}
