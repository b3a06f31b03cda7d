import type { FragmentReport, TimelineBin, TimelineReport } from '../../../live/page-reports.ts';
import { bytes, clock, count, duration, span, text } from '../parts/page-format.ts';

/** What is stored in the window of a report, in a sentence. */
export function legendOf(report: TimelineReport): string {
  const { fragments, bytes: size, gapCount, gapMs, duplicates = 0, oldestMs } = report;
  if (oldestMs === undefined) return 'Nothing is stored yet.';
  if (fragments === 0) return 'Nothing is stored in this part of the timeline.';
  const parts = [count(fragments, 'fragment'), text(bytes(size))];
  parts.push(gapCount === 0 ? 'no gaps' : `${count(gapCount, 'gap')} (${text(span(gapMs))})`);
  if (duplicates > 0) parts.push(count(duplicates, 'duplicate'));
  return parts.join(' · ');
}

/** What is stored at a time. */
export function tipOf(report: TimelineReport | undefined, atMs: number, nowMs: number): string {
  const time = clock(atMs, nowMs);
  const part = partAt(report, atMs);
  if (part === undefined) return `${time}\nnothing stored`;
  const many = 'number' in part ? 1 : part.fragments;
  const latencyMs = 'number' in part ? part.arrivedMs - part.startMs : part.latencyMs;
  const size = text(bytes(part.bytes));
  const isLive = latencyMs !== undefined && Math.abs(latencyMs) < 3_600_000;
  const latency = isLive ? `, ${text(duration(latencyMs))} latency` : '';
  const copies = part.duplicates > 0 ? `, ${count(part.duplicates, 'duplicate')}` : '';
  return `${time}\n${count(many, 'fragment')}, ${size}${latency}${copies}`;
}

/** The fragment or the bin at a time. */
export function partAt(
  report: TimelineReport | undefined,
  atMs: number,
): FragmentReport | TimelineBin | undefined {
  if (report === undefined) return undefined;
  const { parts } = report;
  if (parts.kind === 'bins') {
    return parts.list.find(({ startMs }) => atMs >= startMs && atMs < startMs + parts.binMs);
  }
  return parts.list.find(
    ({ startMs, durationMs }) => atMs >= startMs && atMs < startMs + Math.max(durationMs, 250),
  );
}
