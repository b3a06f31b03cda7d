import { KvsError } from '../errors/kvs-error.ts';
import { joinSignals } from './calls/abort.ts';
import type { ConsumerContext } from './calls/consumer-context.ts';
import type { MediaAnswer } from './calls/media-answer.ts';
import { Retries } from './calls/retries.ts';
import type { ArchiveRange, ListedFragment } from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
import { readFragments } from './fragments/fragment-reader.ts';
import { listedFragments } from './listed-fragments.ts';

/** So many fragments are fetched by one call; the service takes up to 1,000. */
const FRAGMENTS_PER_CALL = 20;
/** The service allows five GetMediaForFragmentList a second and stream. */
const MAX_PARALLEL = 5;
const DEFAULT_PARALLEL = 2;
/** Failures in a row, without a fragment: about a minute. */
const MAX_RETRIES = 10;
/** A fragment that was just listed may not be found for another moment; retention takes it for good. */
const MAX_NOT_FOUND = 3;

/** Fragments of one call, in the order asked for, and the answer to it. */
type Batch = { readonly numbers: readonly string[]; readonly answer: Promise<MediaAnswer> };

/**
 * The media of a range in order. The next calls are under way while one is read; what they have
 * sent waits in their sockets.
 * @throws KvsError as listedFragments; when a fragment is gone meanwhile
 */
export async function* archivedFragments(
  range: ArchiveRange,
  given: AbortSignal,
  context: ConsumerContext,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  const most = parallelOf(range);
  const leaving = new AbortController();
  const { signal, release } = joinSignals(given, leaving.signal);
  const open = (numbers: readonly string[]): Batch => {
    const input = { Fragments: numbers };
    const { calls, limits } = context;
    const answer = calls.open('GET_MEDIA_FOR_FRAGMENT_LIST', input, limits, signal);
    // It is awaited when it is this one's turn.
    answer.catch(() => {});
    return { numbers, answer };
  };
  const retries = new Retries(context, {
    operation: 'GetMediaForFragmentList',
    signal,
    onReconnect: range.onReconnect,
    most: MAX_RETRIES,
    mostNotFound: MAX_NOT_FOUND,
  });
  const listed = batchesOf(listedFragments(range, signal, context));
  const underWay: Batch[] = [];
  try {
    for (;;) {
      while (underWay.length < most) {
        const { value: numbers } = await listed.next();
        if (numbers === undefined) break;
        underWay.push(open(numbers));
      }
      const first = underWay.shift();
      if (first === undefined) return;
      yield* readBatch(first, open, retries);
    }
  } finally {
    // Calls whose turn does not come any more are given up.
    leaving.abort();
    release();
  }
}

function parallelOf({ parallel = DEFAULT_PARALLEL }: ArchiveRange): number {
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= MAX_PARALLEL) return parallel;
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `From 1 to ${MAX_PARALLEL} calls are made in parallel, not ${parallel}`,
  );
}

async function* batchesOf(
  fragments: AsyncIterable<ListedFragment>,
): AsyncGenerator<readonly string[], undefined, undefined> {
  let batch: string[] = [];
  for await (const { number } of fragments) {
    batch.push(number);
    if (batch.length < FRAGMENTS_PER_CALL) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
  return undefined;
}

/** Reads a batch; what a lost connection leaves out is asked for again. */
async function* readBatch(
  batch: Batch,
  open: (numbers: readonly string[]) => Batch,
  retries: Retries,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  let { numbers, answer } = batch;
  let last: string | undefined;
  while (numbers.length > 0) {
    let got = 0;
    let failure: unknown;
    try {
      for await (const fragment of readFragments(await answer)) {
        if (fragment.number !== numbers[got]) throw notAsked(fragment.number, numbers[got]);
        got += 1;
        last = fragment.number;
        retries.reset();
        yield fragment;
      }
    } catch (error) {
      failure = error;
    }
    numbers = numbers.slice(got);
    if (numbers.length === 0) return;
    await retries.wait(failure ?? endedBefore(numbers[0]), last);
    ({ answer } = open(numbers));
  }
}

function notAsked(came: string | undefined, wanted: string | undefined): KvsError {
  return new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `GetMediaForFragmentList sent ${came ?? 'a fragment without a number'} in place of fragment ${wanted ?? 'none'}`,
  );
}

function endedBefore(wanted: string | undefined): KvsError {
  return new KvsError(
    'STATUS_UNEXPECTED_EOF',
    `GetMediaForFragmentList ended before fragment ${wanted ?? 'none'}`,
  );
}
