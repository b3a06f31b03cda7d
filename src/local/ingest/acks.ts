import { ACK_ERRORS, type AckErrorCode } from '../errors/error-acks.ts';

/** What an ack speaks of. */
export type AckedFragment = {
  /** Cluster timecode as sent, in timecode-scale units. */
  readonly timecode: bigint;
  readonly number: string;
};

/**
 * An acknowledgement as KVS sends it: one JSON object and CR LF. Written by hand so that key order
 * and number format are exactly the service's: Amazon's C producer knows no other.
 */
export function ackLine(
  event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED',
  { timecode, number }: AckedFragment,
): string {
  return `{"EventType":"${event}","FragmentTimecode":${timecode},"FragmentNumber":"${number}"}\r\n`;
}

/** The ack of a session that receives nothing at the moment. */
export const IDLE_ACK = '{"EventType":"IDLE"}\r\n';

/** An ERROR ack; the fragment is missing when the error belongs to none. */
export function errorAckLine(code: AckErrorCode, fragment: AckedFragment | undefined): string {
  const about =
    fragment === undefined
      ? ''
      : `"FragmentTimecode":${fragment.timecode},"FragmentNumber":"${fragment.number}",`;
  return `{"EventType":"ERROR",${about}"ErrorId":${ACK_ERRORS[code]},"ErrorCode":"${code}"}\r\n`;
}
