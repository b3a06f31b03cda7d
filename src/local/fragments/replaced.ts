import type { FragmentRecord } from './fragment-record.ts';

/** So many a fragment remembers: a file may be sent again and again for days. */
const MAX_REPLACED = 16;

/** The numbers of the fragments that a new one takes the place of, and of those in whose place they were: the newest. */
export function replacedNumbers(copies: readonly FragmentRecord[]): string[] {
  return copies.flatMap(({ replaced, number }) => [...replaced, number]).slice(-MAX_REPLACED);
}
