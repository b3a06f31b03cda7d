import type { FragmentRecord } from './fragment-record.ts';

/**
 * A stream that retains nothing still has a buffer of five minutes and 200 MB (DataRetentionInHours in
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_CreateStream.html).
 */
const BUFFER_MS = 5 * 60_000;
const BUFFER_BYTES = 200 * 1000 * 1000;

/** The fragments, oldest first, that a stream does not keep any longer. */
export function expiredFragments(
  records: readonly FragmentRecord[],
  retentionHours: number,
  nowMs: number,
): FragmentRecord[] {
  const keepMs = retentionHours > 0 ? retentionHours * 3_600_000 : BUFFER_MS;
  const expired = records.filter((record) => record.serverTimestampMs < nowMs - keepMs);
  if (retentionHours > 0) return expired;
  let bytes = records.reduce((sum, record) => sum + record.bytes, 0);
  bytes -= expired.reduce((sum, record) => sum + record.bytes, 0);
  for (const record of records.slice(expired.length)) {
    if (bytes <= BUFFER_BYTES) break;
    expired.push(record);
    bytes -= record.bytes;
  }
  return expired;
}
