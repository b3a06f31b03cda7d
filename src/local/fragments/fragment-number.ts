/** Leading digits of every number: those of numbers AWS gives out. */
const PREFIX = '91343852333181432';
const MS_DIGITS = 13;
const COUNT_DIGITS = 17;

/**
 * Makes fragment numbers: 47 decimal digits like AWS's own, increasing within a stream and all of
 * one length, so that they sort alike as text and as numbers. Made of a fixed prefix, the server's
 * clock and a counter; goes on above `last` even when the clock was set back.
 */
export class FragmentNumbers {
  #ms = 0;
  #count = 0;

  constructor(last?: string) {
    if (last === undefined || last.length !== PREFIX.length + MS_DIGITS + COUNT_DIGITS) return;
    this.#ms = Number(last.slice(PREFIX.length, PREFIX.length + MS_DIGITS));
    this.#count = Number(last.slice(PREFIX.length + MS_DIGITS));
  }

  /** The next number. */
  next(nowMs: number): string {
    if (nowMs > this.#ms) {
      this.#ms = Math.floor(nowMs);
      this.#count = 0;
    }
    this.#count += 1;
    const ms = String(this.#ms).padStart(MS_DIGITS, '0');
    return `${PREFIX}${ms}${String(this.#count).padStart(COUNT_DIGITS, '0')}`;
  }
}

/** Compares two fragment numbers, of any origin: decimal strings without leading zeros. */
export function compareFragmentNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The number in front of another one. */
export function numberBefore(number: string): string {
  return String(BigInt(number) - 1n);
}
