/**
 * A stream that retains nothing still has a buffer of five minutes and 200 MB (DataRetentionInHours in
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_CreateStream.html).
 */
const BUFFER_MS = 5 * 60_000;
export const BUFFER_BYTES = 200 * 1000 * 1000;

/** Epoch ms: fragments that arrived before are not kept any longer. */
export function keptFromMs(retentionHours: number, nowMs: number): number {
  return nowMs - (retentionHours > 0 ? retentionHours * 3_600_000 : BUFFER_MS);
}
