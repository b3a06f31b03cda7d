import { compareFragmentNumbers } from '../fragments/fragment-number.ts';
import { overlaps } from '../fragments/part-summary.ts';
import type { FragmentTotals, FragmentWindow } from '../fragments/stream-fragments.ts';
import type { Part } from './part.ts';

/** The parts of a stream, by the numbers that they begin with: those of two never interleave. */
export class PartList {
  #parts: Part[] = [];

  get all(): readonly Part[] {
    return this.#parts;
  }

  get newest(): Part | undefined {
    return this.#parts.at(-1);
  }

  add(part: Part): void {
    this.#parts.splice(this.#placeOf(part.state.from), 0, part);
  }

  remove(part: Part): void {
    this.#parts = this.#parts.filter((other) => other !== part);
  }

  /** The part that a number belongs to. */
  covering(number: string): Part | undefined {
    return this.#parts[Math.max(0, this.#placeOf(number) - 1)];
  }

  /** The parts that may have fragments of a window, in order. */
  within({ origin, fromMs, untilMs, after }: FragmentWindow): Part[] {
    const first = after === undefined ? 0 : Math.max(0, this.#placeOf(after) - 1);
    return this.#parts.slice(first).filter(({ summary }) => {
      if (summary === undefined) return false;
      if (after !== undefined && compareFragmentNumbers(summary.last, after) <= 0) return false;
      const range = origin === 'SERVER_TIMESTAMP' ? summary.server : summary.producer;
      return overlaps(range, fromMs, untilMs);
    });
  }

  totals(): FragmentTotals {
    let fragments = 0;
    let bytes = 0;
    for (const { summary } of this.#parts) {
      fragments += summary?.fragments ?? 0;
      bytes += summary?.bytes ?? 0;
    }
    return { fragments, bytes };
  }

  /** Place behind the last part that begins with this number or a smaller one. */
  #placeOf(number: string): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const part = this.#parts[middle];
      if (part && compareFragmentNumbers(part.state.from, number) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
