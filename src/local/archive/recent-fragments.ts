import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { Written } from './archive-writer.ts';

/** How many there are. */
const COUNT = 40;

/** The newest fragments of a stream and where they are: what live players ask for all the time. */
export class RecentFragments {
  #written: Written[] = [];
  #records: readonly FragmentRecord[] = [];

  /** Oldest first. */
  get records(): readonly FragmentRecord[] {
    return this.#records;
  }

  find(number: string): Written | undefined {
    return this.#written.findLast(({ entry }) => entry.record.number === number);
  }

  /** Those with a larger number; undefined when there may be others of these. */
  above(number: string): readonly FragmentRecord[] | undefined {
    const [oldest] = this.#records;
    if (oldest === undefined || compareFragmentNumbers(oldest.number, number) > 0) return undefined;
    return this.#records.filter((record) => compareFragmentNumbers(record.number, number) > 0);
  }

  add(written: readonly Written[]): void {
    const [oldest] = this.#written;
    // There must be no other between two of them: one that comes late is not among the newest.
    const newer = written.filter(
      ({ entry }) =>
        oldest === undefined ||
        compareFragmentNumbers(entry.record.number, oldest.entry.record.number) > 0,
    );
    const all = [...this.#written, ...newer].sort((a, b) =>
      compareFragmentNumbers(a.entry.record.number, b.entry.record.number),
    );
    this.#become(all.slice(-COUNT));
  }

  keep(isKept: (written: Written) => boolean): void {
    this.#become(this.#written.filter(isKept));
  }

  #become(written: Written[]): void {
    this.#written = written;
    this.#records = written.map(({ entry }) => entry.record);
  }
}
