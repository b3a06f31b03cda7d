import type { FragmentAck, UploaderCounters } from '../uploader-api.ts';

/**
 * Upstream's smoothing, EMA_ALPHA_VALUE:
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/utils/include/com/amazonaws/kinesis/video/utils/Include.h#L30
 */
const ALPHA = 0.05;

/** The next exponential average; the first value stands for itself, unlike upstream's from 0. */
export function smoothed(average: number, value: number): number {
  return average === 0 ? value : average + ALPHA * (value - average);
}

/** Counters at their start. */
export function newCounters(): UploaderCounters {
  return {
    transferredBytes: 0,
    totalSessions: 0,
    activeSessions: 0,
    bufferingAcks: 0,
    receivedAcks: 0,
    persistedAcks: 0,
    errorAcks: 0,
    reconnects: 0,
    retries: 0,
    staleEvents: 0,
    skippedFragments: 0,
    controlCallLatencyMs: 0,
    dataCallLatencyMs: 0,
    avgSessionMs: 0,
  };
}

/** Counts an acknowledgement; as upstream, only errors count that are for no known fragment. */
export function countAck(counters: UploaderCounters, ack: FragmentAck, isKnown: boolean): void {
  if (ack.type === 'ERROR') counters.errorAcks += 1;
  else if (isKnown && ack.type === 'BUFFERING') counters.bufferingAcks += 1;
  else if (isKnown && ack.type === 'RECEIVED') counters.receivedAcks += 1;
  else if (isKnown && ack.type === 'PERSISTED') counters.persistedAcks += 1;
}
