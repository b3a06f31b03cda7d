import type { PartSummary, TimeRange } from '../fragments/part-summary.ts';
import type { TimelineBin } from './page-reports.ts';
import { gapReport, type TimelineParts, type TimelineWindow } from './timeline.ts';

/**
 * A window of weeks, from what its parts hold in all: the fragments of a part are taken to be
 * spread evenly over the time that it covers. Latencies and duplicates are not known.
 */
export function summaryTimeline(
  summaries: readonly PartSummary[],
  { fromMs, untilMs, points }: TimelineWindow,
): TimelineParts {
  const binMs = Math.max(1, Math.ceil((untilMs - fromMs) / points));
  const bins = new Map<number, TimelineBin>();
  for (const { fragments, bytes, spans } of summaries) {
    const coveredMs = spans.reduce((sum, span) => sum + lengthOf(span), 0);
    for (const span of spans) {
      for (const [at, partMs] of binsOf(span, fromMs, untilMs, binMs)) {
        const bin = bins.get(at);
        const share = partMs / Math.max(1, coveredMs);
        bins.set(at, {
          startMs: fromMs + at * binMs,
          fragments: (bin?.fragments ?? 0) + fragments * share,
          bytes: (bin?.bytes ?? 0) + bytes * share,
          coveredMs: (bin?.coveredMs ?? 0) + partMs,
          duplicates: 0,
        });
      }
    }
  }
  const list = [...bins.values()]
    .sort((a, b) => a.startMs - b.startMs)
    .map((bin) => ({
      ...bin,
      fragments: Math.round(bin.fragments),
      bytes: Math.round(bin.bytes),
    }));
  return {
    fromMs,
    untilMs,
    fragments: list.reduce((sum, bin) => sum + bin.fragments, 0),
    bytes: list.reduce((sum, bin) => sum + bin.bytes, 0),
    ...gapReport(gapsOf(summaries, fromMs, untilMs)),
    parts: { kind: 'bins', binMs, list },
  };
}

/** The bins that a span lies in, and for how long. */
function* binsOf(
  span: TimeRange,
  fromMs: number,
  untilMs: number,
  binMs: number,
): Iterable<[at: number, partMs: number]> {
  const endMs = Math.min(span.untilMs, untilMs);
  let startMs = Math.max(span.fromMs, fromMs);
  while (startMs < endMs) {
    const at = Math.floor((startMs - fromMs) / binMs);
    const nextMs = Math.min(endMs, fromMs + (at + 1) * binMs);
    yield [at, nextMs - startMs];
    startMs = nextMs;
  }
}

/** Between the spans of all parts together. */
function gapsOf(summaries: readonly PartSummary[], fromMs: number, untilMs: number): TimeRange[] {
  const spans = summaries
    .flatMap((summary) => summary.spans)
    .filter((span) => span.untilMs > fromMs && span.fromMs < untilMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  const gaps: TimeRange[] = [];
  let endMs: number | undefined;
  for (const span of spans) {
    if (endMs !== undefined && span.fromMs - endMs > JOINED_MS) {
      gaps.push({ fromMs: endMs, untilMs: span.fromMs });
    }
    endMs = Math.max(endMs ?? 0, span.untilMs);
  }
  return gaps;
}

/** Parts of a camera that goes on meet within a second. */
const JOINED_MS = 1000;

function lengthOf({ fromMs, untilMs }: TimeRange): number {
  return untilMs - fromMs;
}
