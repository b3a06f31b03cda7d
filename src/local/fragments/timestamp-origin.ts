import type { FragmentRecord } from './fragment-record.ts';

/** Which of a fragment's two times is meant. */
export type TimestampOrigin = 'PRODUCER_TIMESTAMP' | 'SERVER_TIMESTAMP';

/** Epoch ms at which a fragment begins, by the origin. */
export function startOf(record: FragmentRecord, origin: TimestampOrigin): number {
  return origin === 'PRODUCER_TIMESTAMP' ? record.producerTimestampMs : record.serverTimestampMs;
}
