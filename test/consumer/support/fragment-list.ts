import { seededRandom } from './faulty-media.ts';
import type { MediaCall } from './media-server.ts';

type Entry = { readonly number: string; readonly timeMs: number };

/** What ListFragments needs to know: fragments at equal distances, in no order, as the service says. */
export class FragmentList {
  /** ListFragments that were answered. */
  calls = 0;
  /** Fragments that were listed for one selection, at most. */
  longest = 0;
  readonly #entries: readonly Entry[];

  constructor(count: number, beginMs: number, stepMs: number) {
    const random = seededRandom(count);
    this.#entries = Array.from({ length: count }, (_, index) => ({
      number: String(10n ** 46n + BigInt(index)),
      timeMs: beginMs + index * stepMs,
    }))
      .map((entry) => ({ entry, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ entry }) => entry);
  }

  page({ input }: MediaCall): unknown {
    this.calls += 1;
    const { TimestampRange: range } = input['FragmentSelector'] as {
      TimestampRange: { StartTimestamp: number; EndTimestamp: number };
    };
    const [fromMs, toMs] = [range.StartTimestamp * 1_000, range.EndTimestamp * 1_000];
    const at = Number(input['NextToken'] ?? 0);
    const fragments: unknown[] = [];
    let index = at;
    for (
      ;
      index < this.#entries.length && fragments.length < Number(input['MaxResults']);
      index += 1
    ) {
      const { number, timeMs } = this.#entries[index] ?? { number: '', timeMs: 0 };
      if (timeMs < fromMs || timeMs > toMs) continue;
      fragments.push({
        FragmentNumber: number,
        ProducerTimestamp: timeMs / 1_000,
        ServerTimestamp: timeMs / 1_000,
      });
    }
    this.#listed = at === 0 ? fragments.length : this.#listed + fragments.length;
    this.longest = Math.max(this.longest, this.#listed);
    return {
      Fragments: fragments,
      ...(index < this.#entries.length ? { NextToken: String(index) } : {}),
    };
  }

  /** For the selection whose pages are being fetched. */
  #listed = 0;
}
