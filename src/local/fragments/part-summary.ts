import { compareFragmentNumbers } from './fragment-number.ts';
import type { FragmentRecord } from './fragment-record.ts';
import type { TimestampOrigin } from './timestamp-origin.ts';

/** Epoch ms. */
export type TimeRange = { readonly fromMs: number; readonly untilMs: number };

/** What a part of a stream holds: some fragments that arrived one after the other. */
export type PartSummary = {
  /** At least one. */
  readonly fragments: number;
  readonly bytes: number;
  /** Smallest and largest number. */
  readonly first: string;
  readonly last: string;
  /** From the earliest start to the latest end, by the producer's times and by the server's. */
  readonly producer: TimeRange;
  readonly server: TimeRange;
  /** Where there is media, by the producer's times: sorted, and joined across gaps of a second. */
  readonly spans: readonly TimeRange[];
};

/** Gaps up to this are no gaps. */
const GAP_MS = 1000;
/** Beyond this many, spans are joined across the smallest gap. */
const MAX_SPANS = 32;

/** A summary with one more fragment. */
export function withFragment(
  summary: PartSummary | undefined,
  record: FragmentRecord,
): PartSummary {
  const { number, bytes } = record;
  const producer = rangeOf(record, 'PRODUCER_TIMESTAMP');
  const server = rangeOf(record, 'SERVER_TIMESTAMP');
  if (summary === undefined) {
    return {
      fragments: 1,
      bytes,
      first: number,
      last: number,
      producer,
      server,
      spans: [producer],
    };
  }
  return {
    fragments: summary.fragments + 1,
    bytes: summary.bytes + bytes,
    first: compareFragmentNumbers(number, summary.first) < 0 ? number : summary.first,
    last: compareFragmentNumbers(number, summary.last) > 0 ? number : summary.last,
    producer: hull(summary.producer, producer),
    server: hull(summary.server, server),
    spans: withSpan(summary.spans, producer),
  };
}

/** The summary of fragments; undefined when there are none. */
export function summaryOf(records: Iterable<FragmentRecord>): PartSummary | undefined {
  let summary: PartSummary | undefined;
  for (const record of records) summary = withFragment(summary, record);
  return summary;
}

/** From a fragment's start to its end; one without a duration is taken for a millisecond. */
export function rangeOf(record: FragmentRecord, origin: TimestampOrigin): TimeRange {
  const fromMs =
    origin === 'PRODUCER_TIMESTAMP' ? record.producerTimestampMs : record.serverTimestampMs;
  return { fromMs, untilMs: fromMs + Math.max(1, record.durationMs) };
}

/** Whether any of a range lies in the window of these two; either may be open. */
export function overlaps(range: TimeRange, fromMs?: number, untilMs?: number): boolean {
  return (
    (fromMs === undefined || range.untilMs > fromMs) &&
    (untilMs === undefined || range.fromMs <= untilMs)
  );
}

function hull(a: TimeRange, b: TimeRange): TimeRange {
  return { fromMs: Math.min(a.fromMs, b.fromMs), untilMs: Math.max(a.untilMs, b.untilMs) };
}

function withSpan(spans: readonly TimeRange[], added: TimeRange): readonly TimeRange[] {
  const last = spans.at(-1);
  // Nearly always: the camera goes on.
  if (last !== undefined && added.fromMs >= last.fromMs && added.fromMs <= last.untilMs + GAP_MS) {
    return [...spans.slice(0, -1), hull(last, added)];
  }
  const before = spans.filter(({ untilMs }) => untilMs + GAP_MS < added.fromMs);
  const behind = spans.filter(({ fromMs }) => fromMs > added.untilMs + GAP_MS);
  const joined = spans.slice(before.length, spans.length - behind.length).reduce(hull, added);
  const all = [...before, joined, ...behind];
  return all.length > MAX_SPANS ? withoutSmallestGap(all) : all;
}

function withoutSmallestGap(spans: readonly TimeRange[]): TimeRange[] {
  let smallest = 1;
  for (let i = 2; i < spans.length; i++) {
    if (gapBefore(spans, i) < gapBefore(spans, smallest)) smallest = i;
  }
  return spans.flatMap((span, i) => {
    const next = spans[i + 1];
    if (i === smallest) return [];
    return [i === smallest - 1 && next !== undefined ? hull(span, next) : span];
  });
}

function gapBefore(spans: readonly TimeRange[], i: number): number {
  return (spans[i]?.fromMs ?? 0) - (spans[i - 1]?.untilMs ?? 0);
}
