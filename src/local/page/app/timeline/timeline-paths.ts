import type { TimelineReport } from '../../../live/page-reports.ts';

/** A timeline as paths of SVG, in units of its own: 1000 wide, each lane 100 high. */
export type TimelinePaths = {
  /** Where something is stored: full height of its lane. */
  readonly stored: string;
  readonly gaps: string;
  /** Sizes, as bars from the bottom. */
  readonly sizes: string;
  /** Latencies, as a line. */
  readonly latencies: string;
  /** Where duplicates are. */
  readonly duplicates: string;
  /** What the full height of a lane stands for. */
  readonly mostBytesPerSecond: number;
  readonly mostLatencyMs: number;
};

export const WIDTH = 1000;
export const LANE = 100;

/** Part of the timeline that is drawn: a fragment or a bin. */
type Mark = {
  readonly startMs: number;
  readonly endMs: number;
  readonly bytesPerSecond: number;
  readonly latencyMs: number | undefined;
  readonly duplicates: number;
};

/** A fragment older than this when it arrived was not sent live. */
const LIVE_WITHIN_MS = 60 * 60_000;
/** A latency line breaks where nothing is for longer than this part of the window. */
const BREAK = 0.02;

export function timelinePaths(report: TimelineReport): TimelinePaths {
  const { fromMs, untilMs } = report;
  const unit = WIDTH / (untilMs - fromMs);
  const x = (ms: number): string => ((ms - fromMs) * unit).toFixed(2);
  const marks = marksOf(report);
  const mostBytesPerSecond = Math.max(1, ...marks.map((mark) => mark.bytesPerSecond));
  const mostLatencyMs = Math.max(1, ...marks.map((mark) => mark.latencyMs ?? 0));
  const box = (startMs: number, endMs: number, height: number): string =>
    `M${x(startMs)} ${LANE}V${(LANE - height).toFixed(1)}H${x(Math.max(endMs, startMs + 1 / unit))}V${LANE}Z`;
  return {
    stored: marks.map(({ startMs, endMs }) => box(startMs, endMs, LANE)).join(''),
    gaps: report.gaps.map((gap) => box(gap.fromMs, gap.untilMs, LANE)).join(''),
    sizes: marks
      .map(({ startMs, endMs, bytesPerSecond }) =>
        box(
          startMs,
          endMs - (endMs - startMs) * 0.12,
          (bytesPerSecond / mostBytesPerSecond) * LANE,
        ),
      )
      .join(''),
    latencies: lineOf(marks, BREAK * (untilMs - fromMs), (mark, latencyMs) => {
      const y = LANE - (latencyMs / mostLatencyMs) * LANE * 0.9;
      return `${x((mark.startMs + mark.endMs) / 2)} ${y.toFixed(1)}`;
    }),
    duplicates: marks
      .filter(({ duplicates }) => duplicates > 0)
      .map(({ startMs, endMs }) => box(startMs, endMs, LANE))
      .join(''),
    mostBytesPerSecond,
    mostLatencyMs,
  };
}

function marksOf({ parts }: TimelineReport): Mark[] {
  if (parts.kind === 'fragments') {
    return parts.list.map(({ startMs, arrivedMs, durationMs, bytes, duplicates }) => {
      const age = arrivedMs - startMs;
      return {
        startMs,
        endMs: startMs + durationMs,
        bytesPerSecond: (bytes * 1000) / Math.max(1, durationMs),
        latencyMs: Math.abs(age) < LIVE_WITHIN_MS ? Math.max(0, age) : undefined,
        duplicates,
      };
    });
  }
  const { binMs } = parts;
  return parts.list.map(({ startMs, bytes, coveredMs, latencyMs, duplicates }) => ({
    startMs,
    endMs: startMs + binMs,
    bytesPerSecond: (bytes * 1000) / Math.max(1, coveredMs),
    latencyMs,
    duplicates,
  }));
}

function lineOf(
  marks: readonly Mark[],
  breakMs: number,
  point: (mark: Mark, latencyMs: number) => string,
): string {
  let path = '';
  let before: Mark | undefined;
  for (const mark of marks) {
    if (mark.latencyMs === undefined) continue;
    const isBroken = before === undefined || mark.startMs - before.endMs > breakMs;
    path += `${isBroken ? 'M' : 'L'}${point(mark, mark.latencyMs)}`;
    before = mark;
  }
  return path;
}
