import { asKvsError, type KvsError } from '../errors/kvs-error.ts';
import { STATUS } from '../errors/status.ts';
import { Backoff } from '../putmedia/backoff.ts';
import type { AbortSignalLike } from '../runtime/abort-signal-like.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { CallLimits, MediaCalls } from './calls/media-calls.ts';
import type { MediaOptions, MediaStart } from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
import { readFragments } from './fragments/fragment-reader.ts';

/** What the iteration is made with. */
export type LiveDependencies = {
  readonly calls: MediaCalls;
  readonly limits: CallLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
};

/** StartSelector: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_StartSelector.html */
function selector(start: MediaStart): Record<string, unknown> {
  if (start === 'now') return { StartSelectorType: 'NOW' };
  if (start === 'earliest') return { StartSelectorType: 'EARLIEST' };
  if ('producerTimestamp' in start) {
    const seconds = start.producerTimestamp.getTime() / 1_000;
    return { StartSelectorType: 'PRODUCER_TIMESTAMP', StartTimestamp: seconds };
  }
  if ('serverTimestamp' in start) {
    const seconds = start.serverTimestamp.getTime() / 1_000;
    return { StartSelectorType: 'SERVER_TIMESTAMP', StartTimestamp: seconds };
  }
  if ('continuationToken' in start) {
    return { StartSelectorType: 'CONTINUATION_TOKEN', ContinuationToken: start.continuationToken };
  }
  return {
    StartSelectorType: 'FRAGMENT_NUMBER',
    AfterFragmentNumber: start.afterFragmentNumber,
  };
}

/** Nothing that waiting cures: the caller has to know. */
function isFatal({ failure, status }: KvsError): boolean {
  switch (failure?.kind) {
    case undefined:
      // An answer may end within a fragment; media that cannot be read stays so.
      return status !== STATUS.STATUS_UNEXPECTED_EOF.value;
    case 'network':
    case 'timeout':
    case 'throttled':
    case 'service':
    case 'in-use':
    case 'wrong-endpoint':
      return false;
    default:
      return true;
  }
}

/** Behind the last fragment that was handed out; where none was, as it began. */
function goOn(last: ConsumedFragment | undefined, start: MediaStart): MediaStart {
  if (last?.continuationToken !== undefined) return { continuationToken: last.continuationToken };
  return last?.number === undefined ? start : { afterFragmentNumber: last.number };
}

/**
 * GetMedia, opened anew behind the last whole fragment whenever it ends: each fragment once, in
 * order.
 * @throws KvsError when the service refuses what no waiting cures
 */
export async function* liveFragments(
  options: MediaOptions,
  { calls, limits, clock, random, log }: LiveDependencies,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  const { start = 'now', signal, onReconnect } = options;
  const backoff = new Backoff(clock, random);
  const isAborted = (): boolean => signal?.aborted === true;
  let last: ConsumedFragment | undefined;
  while (!isAborted()) {
    let error: KvsError | undefined;
    try {
      const input = { StartSelector: selector(goOn(last, start)) };
      const answer = await calls.open('GET_MEDIA', input, limits, signal);
      for await (const fragment of readFragments(answer)) {
        if (isSeen(fragment, last)) continue;
        backoff.reset();
        last = fragment;
        yield fragment;
      }
    } catch (thrown) {
      if (isAborted()) return;
      error = asKvsError(thrown);
      if (isFatal(error)) throw error;
      calls.forgetEndpoints();
    }
    const waitMs = backoff.next();
    const afterFragmentNumber = last?.number;
    log.info('GetMedia is reopened', { error: error?.message, afterFragmentNumber, waitMs });
    onReconnect?.({ error, afterFragmentNumber, waitMs });
    await pause(clock, waitMs, signal);
  }
}

/** A token may lie in front of what came last. */
function isSeen(fragment: ConsumedFragment, last: ConsumedFragment | undefined): boolean {
  if (fragment.number === undefined || last?.number === undefined) return false;
  return BigInt(fragment.number) <= BigInt(last.number);
}

function pause(clock: Clock, waitMs: number, signal: AbortSignalLike | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      clearInterval(alive);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(waitMs, done);
    // The clock's timers do not keep a process alive; a loop that waits for media does.
    const alive = setInterval(() => {}, 2 ** 30);
    if (signal?.aborted === true) done();
    else signal?.addEventListener('abort', done);
  });
}
