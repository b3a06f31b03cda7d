import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { fragmentReport } from './fragment-report.ts';
import type { FragmentReport, GapReport, TimelineBin, TimelineReport } from './page-reports.ts';

/** Fragments that follow each other this closely have no gap between them: times are rounded. */
const CONTINUOUS_WITHIN_MS = 250;
/** Gaps that are listed. */
const MAX_GAPS = 200;
/** A fragment older than this when it arrives was not sent live: its age is not a latency. */
const LIVE_WITHIN_MS = 60 * 60_000;

/** A timeline, but for where all of what is stored begins and ends. */
export type TimelineParts = Omit<TimelineReport, 'oldestMs' | 'newestMs'>;

/** Which part of a timeline is wanted, and how finely. */
export type TimelineWindow = {
  /** Epoch ms, by producer timestamps. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Bins, and fragments up to which each is listed by itself. */
  readonly points: number;
};

/**
 * The fragments of a window: few of them one by one, many in bins, so that the answer is small.
 * @param records that lie in the window, in any order.
 */
export function timelineOf(
  records: readonly FragmentRecord[],
  { fromMs, untilMs, points }: TimelineWindow,
): TimelineParts {
  const sorted = [...records].sort((a, b) => a.producerTimestampMs - b.producerTimestampMs);
  const fragments = withCopies(sorted);
  const gaps = gapsOf(fragments);
  const sum = (value: (fragment: FragmentReport) => number): number =>
    fragments.reduce((total, fragment) => total + value(fragment), 0);
  const binMs = Math.max(1, Math.ceil((untilMs - fromMs) / points));
  return {
    fromMs,
    untilMs,
    fragments: fragments.length,
    bytes: sum(({ bytes }) => bytes),
    duplicates: sum(({ duplicates }) => duplicates),
    ...gapReport(gaps),
    parts:
      fragments.length <= points
        ? { kind: 'fragments', list: fragments }
        : { kind: 'bins', binMs, list: binsOf(fragments, fromMs, binMs) },
  };
}

/** Copies that are kept count as duplicates of the first one, as those do that were replaced. */
function withCopies(records: readonly FragmentRecord[]): FragmentReport[] {
  return records.map((record, i) => {
    const report = fragmentReport(record);
    const isCopy = records[i - 1]?.producerTimestampMs === record.producerTimestampMs;
    return isCopy ? { ...report, duplicates: report.duplicates + 1 } : report;
  });
}

function gapsOf(fragments: readonly FragmentReport[]): GapReport[] {
  const gaps: GapReport[] = [];
  let endMs: number | undefined;
  for (const { startMs, durationMs } of fragments) {
    if (endMs !== undefined && startMs - endMs > CONTINUOUS_WITHIN_MS) {
      gaps.push({ fromMs: endMs, untilMs: startMs });
    }
    endMs = Math.max(endMs ?? 0, startMs + durationMs);
  }
  return gaps;
}

/** The longest of these gaps, and how many there are, and how long in all. */
export function gapReport(
  gaps: readonly GapReport[],
): Pick<TimelineReport, 'gaps' | 'gapCount' | 'gapMs'> {
  const gapMs = gaps.reduce((total, gap) => total + gap.untilMs - gap.fromMs, 0);
  return { gaps: longest(gaps), gapCount: gaps.length, gapMs };
}

function longest(gaps: readonly GapReport[]): GapReport[] {
  if (gaps.length <= MAX_GAPS) return [...gaps];
  const length = ({ fromMs, untilMs }: GapReport): number => untilMs - fromMs;
  return [...gaps]
    .sort((a, b) => length(b) - length(a))
    .slice(0, MAX_GAPS)
    .sort((a, b) => a.fromMs - b.fromMs);
}

function binsOf(
  fragments: readonly FragmentReport[],
  fromMs: number,
  binMs: number,
): TimelineBin[] {
  const bins = new Map<number, TimelineBin>();
  for (const fragment of fragments) {
    const at = Math.max(0, Math.floor((fragment.startMs - fromMs) / binMs));
    const bin = bins.get(at);
    const latency = latencyOf(fragment);
    const latencyMs = Math.max(latency ?? 0, bin?.latencyMs ?? 0);
    bins.set(at, {
      startMs: fromMs + at * binMs,
      fragments: (bin?.fragments ?? 0) + 1,
      bytes: (bin?.bytes ?? 0) + fragment.bytes,
      coveredMs: (bin?.coveredMs ?? 0) + fragment.durationMs,
      duplicates: (bin?.duplicates ?? 0) + fragment.duplicates,
      ...(latency === undefined && bin?.latencyMs === undefined ? {} : { latencyMs }),
    });
  }
  return [...bins.values()];
}

/** Arrival minus the producer's time; undefined for what was not sent live. */
function latencyOf({ startMs, arrivedMs }: FragmentReport): number | undefined {
  const age = arrivedMs - startMs;
  return Math.abs(age) < LIVE_WITHIN_MS ? Math.max(0, age) : undefined;
}
