import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { withDecodeTimes } from './fmp4/media-segment.ts';
import type { FragmentMedia } from './fragment-media.ts';

/**
 * Where each fragment of a clip begins, ms after the first one: as far apart as its producer says.
 * By server timestamps one may come that its producer has from an earlier time, such as of what was
 * kept in an outage: it follows the one before.
 */
export function clipStartsMs(
  records: readonly Pick<FragmentRecord, 'producerTimestampMs' | 'durationMs'>[],
): number[] {
  const starts: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let endMs = 0;
  for (const { producerTimestampMs, durationMs } of records) {
    const ownMs = producerTimestampMs - (records[0]?.producerTimestampMs ?? 0);
    last = ownMs > last ? ownMs : endMs;
    endMs = last + durationMs;
    starts.push(last);
  }
  return starts;
}

/**
 * How much later than at 0 a clip has to begin, in units of its timescale: no decode time may be
 * negative, and with B-frames decoding begins before the first picture is shown.
 */
export function headStart({ runs }: FragmentMedia, startUnits: number): number {
  const first = runs
    .filter(({ samples }) => samples.length > 0)
    .map((run) => withDecodeTimes(run).dts[0] ?? 0);
  return Math.max(0, ...first.map((dts) => -(startUnits + dts)));
}
