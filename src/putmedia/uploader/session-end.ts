import { KvsError } from '../../errors/kvs-error.ts';
import type { StoredFragment } from '../../storage/stored-fragment.ts';
import { ackErrorOf } from '../session/ack-errors.ts';
import type { PutMediaSession, SessionOutcome } from '../session/put-media-session.ts';
import type { SentFragment } from '../session/sent-fragments.ts';
import { ADVICE_UNPERSISTED, unpersistedIn, unpersistedText } from '../session/unpersisted.ts';
import type { FragmentAck } from '../uploader-api.ts';

/** An open fragment of which the service has seen all there was when it ended an idle session. */
export type Parked = { readonly fragment: StoredFragment; readonly byteLength: number };

/** What a session's end means for the stream. */
export type SessionEnd =
  /** Nothing has to be sent again: an idle producer's end, or a rotation's. */
  | { readonly kind: 'clean' }
  | {
      readonly kind: 'failure';
      readonly error: KvsError;
      readonly isAccepted: boolean;
      /** The first fragment that has to be sent again. */
      readonly fragment: StoredFragment | undefined;
    };

/**
 * The service ends a session to which nothing came for 30 s
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html). One that it ends
 * sooner after the last byte, and of which it took no fragment, has failed: the next one, which
 * the next frame of a live stream would open, may fare no better.
 */
const WANT_OF_DATA_MS = 10_000;

/**
 * After the service has ended a session for want of data: the fragment that is to be left alone
 * until it grows. Undefined if there was something left to send, or the session has failed.
 */
export function parkedBy({ sent, hasSentAll, quietMs }: PutMediaSession): Parked | undefined {
  const last = sent.last;
  const hasFailed = quietMs < WANT_OF_DATA_MS && !sent.hasSettled;
  return last !== undefined && !last.isSettled && hasSentAll && !hasFailed
    ? { fragment: last.fragment, byteLength: last.fragment.byteLength }
    : undefined;
}

/** Judges how a session ended, `parked` being left alone. */
export function endOf(
  session: PutMediaSession,
  outcome: SessionOutcome,
  parked: Parked | undefined,
): SessionEnd {
  const { sent } = session;
  const fragment = sent.oldestUnsettled()?.fragment;
  const isDone = fragment === undefined || fragment === parked?.fragment;
  if (outcome.kind === 'failed') {
    const { error, isAccepted } = outcome;
    return isDone && isAccepted
      ? { kind: 'clean' }
      : { kind: 'failure', error, isAccepted, fragment };
  }
  if (isDone) return { kind: 'clean' };
  const text = `The service ended session ${session.id} without acknowledging ${sent.unsettledCount} of its fragments`;
  const unpersisted = unpersistedIn(sent);
  const error =
    unpersisted === undefined
      ? new KvsError('STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED', text)
      : new KvsError(
          'STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED',
          `${text}: ${unpersistedText(unpersisted)}`,
          { advice: ADVICE_UNPERSISTED },
        );
  return { kind: 'failure', error, isAccepted: true, fragment };
}

/** What an ERROR acknowledgement says, as an error. */
export function errorOfAck(ack: FragmentAck, sent: SentFragment | undefined): KvsError {
  const { name, errorId, status, meaning } = ackErrorOf(ack.errorId);
  const which = sent === undefined ? `timecode ${ack.timecode}` : `fragment ${sent.fragment.index}`;
  return new KvsError(status, `The service refused ${which}: ${errorId} ${name}, ${meaning}`);
}
