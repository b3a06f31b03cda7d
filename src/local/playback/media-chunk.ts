import { tagsElement } from '../fragments/fragment-elements.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';

/**
 * A fragment as GetMedia sends it: a document of its own, with the service's tags before the
 * cluster, where Amazon's parsers look for them, and those that end a chunk after it.
 * @param bytes as it is stored.
 * @param trailer Tags after the cluster; none for GetMediaForFragmentList.
 */
export function mediaChunk(
  bytes: Uint8Array,
  record: FragmentRecord,
  trailer: readonly (readonly [string, string])[],
): Uint8Array[] {
  const tags = tagsElement([
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', record.number],
    ['AWS_KINESISVIDEO_SERVER_TIMESTAMP', seconds(record.serverTimestampMs)],
    ['AWS_KINESISVIDEO_PRODUCER_TIMESTAMP', seconds(record.producerTimestampMs)],
    ...extra(record, trailer.length === 0),
  ]);
  const chunk = [
    bytes.subarray(0, record.clusterOffset),
    tags,
    bytes.subarray(record.clusterOffset),
  ];
  if (trailer.length > 0) chunk.push(tagsElement(trailer));
  return chunk;
}

/** The names under which GetMediaForFragmentList documents the same times. */
function extra(record: FragmentRecord, archived: boolean): [string, string][] {
  if (!archived) return [];
  return [
    ['AWS_KINESISVIDEO_SERVER_SIDE_TIMESTAMP', seconds(record.serverTimestampMs)],
    ['AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP', seconds(record.producerTimestampMs)],
  ];
}

/** Decimal seconds with milliseconds, which Amazon's Java parser expects. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
