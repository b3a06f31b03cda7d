import { largest, smallest } from '../../runtime/extremes.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { PartSummary } from '../fragments/part-summary.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import type { TimelineReport } from './page-reports.ts';
import { summaryTimeline } from './summary-timeline.ts';
import { type TimelineWindow, timelineOf } from './timeline.ts';

/** Fragments up to which a window's records are read; of more, what their parts hold in all. */
const MAX_READ = 12_000;

/**
 * What is stored in a window, in an answer that is small however much there is, and that never
 * reads the records of weeks.
 */
export async function readTimeline(
  fragments: StreamFragments,
  window: TimelineWindow,
): Promise<TimelineReport> {
  await fragments.ready();
  const { fromMs, untilMs } = window;
  const summaries = fragments.summaries({ fromMs, untilMs });
  const ends = endsOf(fragments.summaries());
  const count = summaries.reduce((sum, summary) => sum + summary.fragments, 0);
  if (count > MAX_READ) return { ...summaryTimeline(summaries, window), ...ends };
  const records: FragmentRecord[] = [];
  for await (const record of fragments.select({ fromMs, untilMs })) records.push(record);
  return { ...timelineOf(records, window), ...ends };
}

function endsOf(summaries: readonly PartSummary[]): Pick<TimelineReport, 'oldestMs' | 'newestMs'> {
  if (summaries.length === 0) return {};
  return {
    oldestMs: smallest(summaries.map(({ producer }) => producer.fromMs)),
    newestMs: largest(summaries.map(({ producer }) => producer.untilMs)),
  };
}
