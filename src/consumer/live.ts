import type { ConsumerContext } from './calls/consumer-context.ts';
import { Retries } from './calls/retries.ts';
import type { MediaOptions, MediaStart } from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
import { readFragments } from './fragments/fragment-reader.ts';

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

/** Behind the last fragment that was handed out; where none was, as it began. */
function goOn(last: ConsumedFragment | undefined, start: MediaStart): MediaStart {
  if (last?.continuationToken !== undefined) return { continuationToken: last.continuationToken };
  return last?.number === undefined ? start : { afterFragmentNumber: last.number };
}

/** A connection that stood so long was none of a service in trouble. */
const STANDING_MS = 10_000;

/**
 * GetMedia, opened anew behind the last whole fragment whenever it ends: each fragment once, in
 * order.
 * @throws KvsError when the service refuses what no waiting cures; anything once it is aborted
 */
export async function* liveFragments(
  { start = 'now', onReconnect }: MediaOptions,
  signal: AbortSignal,
  context: ConsumerContext,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  const { calls, limits, clock } = context;
  const retries = new Retries(context, { operation: 'GetMedia', signal, onReconnect });
  let last: ConsumedFragment | undefined;
  while (!signal.aborted) {
    const openedMs = clock.monotonicMs();
    let failure: unknown;
    try {
      const input = { StartSelector: selector(goOn(last, start)) };
      const answer = await calls.open('GET_MEDIA', input, limits, signal);
      for await (const fragment of readFragments(answer, { needsToken: true })) {
        if (isSeen(fragment, last)) continue;
        retries.reset();
        last = fragment;
        yield fragment;
      }
    } catch (error) {
      failure = error;
    }
    // A stream that nothing is sent to is silent, too.
    if (clock.monotonicMs() - openedMs >= STANDING_MS) retries.reset();
    await retries.wait(failure, last?.number);
  }
}

/** A token may lie in front of what came last. */
function isSeen(fragment: ConsumedFragment, last: ConsumedFragment | undefined): boolean {
  if (fragment.number === undefined || last?.number === undefined) return false;
  return BigInt(fragment.number) <= BigInt(last.number);
}
