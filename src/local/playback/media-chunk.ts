import { tagsElement } from '../fragments/fragment-elements.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';

type Tags = readonly (readonly [name: string, value: string])[];

/**
 * A fragment as GetMedia and GetMediaForFragmentList send it: a document of its own, with the
 * service's tags before the cluster, where Amazon's parsers look for them, and those that end a
 * chunk after it.
 * @param bytes as it is stored.
 * @param tags in front of the cluster.
 * @param trailer Tags after the cluster; none for GetMediaForFragmentList.
 */
function mediaChunk(
  bytes: Uint8Array,
  { clusterOffset }: FragmentRecord,
  tags: Tags,
  trailer: Tags,
): Uint8Array[] {
  const chunk = [
    bytes.subarray(0, clusterOffset),
    tagsElement(tags),
    bytes.subarray(clusterOffset),
  ];
  if (trailer.length > 0) chunk.push(tagsElement(trailer));
  return chunk;
}

/** A chunk of GetMedia. The order is the one in captures of AWS: the token ends the chunk. */
export function liveChunk(bytes: Uint8Array, record: FragmentRecord, nowMs: number): Uint8Array[] {
  // By the server's clock, as `GetMedia.MillisBehindNow` in CloudWatch, and never 0 on AWS either:
  // https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/monitoring-cloudwatch.html
  const behindMs = Math.max(0, Math.round(nowMs - record.serverTimestampMs));
  return mediaChunk(bytes, record, times(record), [
    ['AWS_KINESISVIDEO_MILLIS_BEHIND_NOW', String(behindMs)],
    ['AWS_KINESISVIDEO_CONTINUATION_TOKEN', record.number],
  ]);
}

/** A chunk of GetMediaForFragmentList, which documents other names for the same times. */
export function archivedChunk(bytes: Uint8Array, record: FragmentRecord): Uint8Array[] {
  const tags: Tags = [
    ...times(record),
    ['AWS_KINESISVIDEO_SERVER_SIDE_TIMESTAMP', seconds(record.serverTimestampMs)],
    ['AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP', seconds(record.producerTimestampMs)],
  ];
  return mediaChunk(bytes, record, tags, []);
}

function times(record: FragmentRecord): Tags {
  return [
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', record.number],
    ['AWS_KINESISVIDEO_SERVER_TIMESTAMP', seconds(record.serverTimestampMs)],
    ['AWS_KINESISVIDEO_PRODUCER_TIMESTAMP', seconds(record.producerTimestampMs)],
  ];
}

/** Decimal seconds with milliseconds, which Amazon's Java parser expects. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
