import type { AckLevel } from '../../storage/stored-fragment.ts';
import type { FragmentAck } from '../uploader-api.ts';

const RANK: Readonly<Record<AckLevel, number>> = {
  none: 0,
  buffering: 1,
  received: 2,
  persisted: 3,
};

/** True if `level` says at least as much as `wanted`. */
export function reaches(level: AckLevel, wanted: AckLevel): boolean {
  return RANK[level] >= RANK[wanted];
}

/** The higher of two levels: an acknowledgement that comes late takes nothing back. */
export function higherLevel(a: AckLevel, b: AckLevel): AckLevel {
  return reaches(a, b) ? a : b;
}

/** What an acknowledgement lifts its fragment to; ERROR and IDLE lift nothing. */
export function levelOf(type: FragmentAck['type']): AckLevel {
  switch (type) {
    case 'BUFFERING':
      return 'buffering';
    case 'RECEIVED':
      return 'received';
    case 'PERSISTED':
      return 'persisted';
    default:
      return 'none';
  }
}
