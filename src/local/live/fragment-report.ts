import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { FragmentReport } from './page-reports.ts';

/** A fragment as the page is told of it. */
export function fragmentReport(record: FragmentRecord): FragmentReport {
  return {
    number: record.number,
    startMs: record.producerTimestampMs,
    arrivedMs: record.serverTimestampMs,
    durationMs: record.durationMs,
    bytes: record.bytes,
    frames: record.tracks.map(({ type, frames }) => ({ type, frames })),
    keyFrames: record.keyFrames,
    duplicates: record.replaced.length,
    session: record.session,
  };
}
