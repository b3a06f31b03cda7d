import { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { SessionPhase } from './session-phase.ts';
import { ADVICE_UNPERSISTED, type Unpersisted, unpersistedText } from './unpersisted.ts';

/** What a session waits for at most; ms, 0 for never. */
export type SessionLimits = {
  readonly connectTimeoutMs: number;
  /** From the first fragment's first byte to the answer's status line. */
  readonly responseTimeoutMs: number;
  /** Bytes are waiting and the kernel takes none (curl's low-speed time, 30 s). */
  readonly stallTimeoutMs: number;
  /** From the end of the body, or the last acknowledgement after it, to the answer's end; stalenessMs if that is less. */
  readonly endTimeoutMs: number;
  /** The same when all was received and is only not persisted yet: sending it again helps no one. */
  readonly persistTimeoutMs: number;
  /** Nothing was sent for so long, at a fragment boundary: the service would close as well. */
  readonly idleTimeoutMs: number;
  /** A fragment was begun so long ago and nothing was heard of it. */
  readonly stalenessMs: number;
  /** Fragments are sent whole and received, and for so long none was settled. */
  readonly settleTimeoutMs: number;
  /** Fragments are received and for so long none is persisted: reported, while everything continues. */
  readonly persistWarningMs: number;
  /** Between two reports of staleness. */
  readonly staleQuietMs: number;
};

/** What a session knows of itself when its limits are looked at; monotonic ms. */
export type SessionProgress = {
  readonly nowMs: number;
  readonly phase: SessionPhase['kind'];
  readonly openedMs: number;
  /** When the oldest unsettled fragment was begun. */
  readonly firstSentMs: number | undefined;
  /** Since when a fragment has been waiting for its first acknowledgement. */
  readonly unheardSinceMs: number | undefined;
  /** Since when a fragment that was sent whole has been waiting while none was settled. */
  readonly unsettledSinceMs: number | undefined;
  readonly lastProgressMs: number;
  readonly lastWriteMs: number;
  readonly queuedBytes: number;
  readonly endedMs: number | undefined;
  /** What was received and waits to be persisted. */
  readonly unpersisted: Unpersisted | undefined;
  /** Every unsettled fragment has been received. */
  readonly isAllReceived: boolean;
  readonly lastAckMs: number;
  readonly isAtBoundary: boolean;
};

/** What is over time, if anything. */
export type SessionVerdict =
  | { readonly kind: 'failed'; readonly error: KvsError }
  | { readonly kind: 'unanswered-end'; readonly error: KvsError }
  | { readonly kind: 'idle'; readonly idleMs: number }
  | { readonly kind: 'unpersisted'; readonly error: KvsError }
  | { readonly kind: 'stale'; readonly sinceMs: number; readonly error: KvsError };

function timeout(
  message: string,
  code: StatusName = 'STATUS_SERVICE_CALL_TIMEOUT_ERROR',
): KvsError {
  return new KvsError(code, message, {
    failure: {
      kind: 'timeout',
      httpStatus: undefined,
      exception: undefined,
      retryAfterMs: undefined,
    },
  });
}

function isOver(sinceMs: number | undefined, limitMs: number, nowMs: number): boolean {
  return sinceMs !== undefined && limitMs > 0 && nowMs - sinceMs >= limitMs;
}

function unpersistedVerdict(
  { persistWarningMs }: SessionLimits,
  { unpersisted, unsettledSinceMs, nowMs }: SessionProgress,
): SessionVerdict | undefined {
  if (
    unpersisted === undefined ||
    unsettledSinceMs === undefined ||
    !isOver(unsettledSinceMs, persistWarningMs, nowMs)
  ) {
    return undefined;
  }
  const text = `${unpersistedText(unpersisted)} for ${durationText(nowMs - unsettledSinceMs)}`;
  const error = new KvsError('STATUS_PERSISTED_ACK_TIMEOUT', text, { advice: ADVICE_UNPERSISTED });
  return { kind: 'unpersisted', error };
}

/**
 * After the end of the body. A connection that is dead and not closed shows in nothing else, since
 * nothing more is sent: what makes one stale in mid-stream is enough here, too.
 */
function endVerdict(
  { persistTimeoutMs, endTimeoutMs, stalenessMs }: SessionLimits,
  { isAllReceived, unheardSinceMs, lastAckMs, nowMs }: SessionProgress,
  endedMs: number,
): SessionVerdict | undefined {
  const staleMs = stalenessMs > 0 ? stalenessMs : Number.POSITIVE_INFINITY;
  const limitMs = isAllReceived ? persistTimeoutMs : Math.min(endTimeoutMs, staleMs);
  const isStale = isOver(unheardSinceMs, stalenessMs, nowMs);
  if (!isStale && !isOver(Math.max(endedMs, lastAckMs), limitMs, nowMs)) return undefined;
  const text = `The last acknowledgement did not arrive within ${durationText(limitMs)} of the end of the data`;
  return { kind: 'unanswered-end', error: timeout(text, 'STATUS_PERSISTED_ACK_TIMEOUT') };
}

/** Looks at a session's clock; pure. */
export function overdue(
  limits: SessionLimits,
  progress: SessionProgress,
): SessionVerdict | undefined {
  const { nowMs, phase } = progress;
  if (phase === 'opening' && isOver(progress.openedMs, limits.connectTimeoutMs, nowMs)) {
    const message = `PutMedia could not connect within ${durationText(limits.connectTimeoutMs)}`;
    return { kind: 'failed', error: timeout(message) };
  }
  if (phase === 'connected' && isOver(progress.firstSentMs, limits.responseTimeoutMs, nowMs)) {
    const message = `PutMedia was not answered within ${durationText(limits.responseTimeoutMs)}`;
    return { kind: 'failed', error: timeout(message) };
  }
  if (
    phase !== 'opening' &&
    progress.queuedBytes > 0 &&
    isOver(progress.lastProgressMs, limits.stallTimeoutMs, nowMs)
  ) {
    const message = `The service has accepted no data for ${durationText(limits.stallTimeoutMs)}, ${progress.queuedBytes} bytes are waiting`;
    return { kind: 'failed', error: timeout(message) };
  }
  if (progress.endedMs !== undefined) {
    return endVerdict(limits, progress, progress.endedMs) ?? unpersistedVerdict(limits, progress);
  }
  const { unheardSinceMs, unsettledSinceMs } = progress;
  if (unheardSinceMs !== undefined && isOver(unheardSinceMs, limits.stalenessMs, nowMs)) {
    const text = `Nothing was acknowledged for ${durationText(nowMs - unheardSinceMs)} while data was sent`;
    return { kind: 'stale', sinceMs: unheardSinceMs, error: timeout(text) };
  }
  if (unsettledSinceMs !== undefined && isOver(unsettledSinceMs, limits.settleTimeoutMs, nowMs)) {
    const text = `Fragments were sent whole, and for ${durationText(nowMs - unsettledSinceMs)} none got its last acknowledgement`;
    const error = timeout(text, 'STATUS_PERSISTED_ACK_TIMEOUT');
    return { kind: 'stale', sinceMs: unsettledSinceMs, error };
  }
  if (
    progress.isAtBoundary &&
    progress.queuedBytes === 0 &&
    isOver(progress.lastWriteMs, limits.idleTimeoutMs, nowMs)
  ) {
    return { kind: 'idle', idleMs: nowMs - progress.lastWriteMs };
  }
  return unpersistedVerdict(limits, progress);
}
