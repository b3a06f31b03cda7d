import { KvsError } from '../errors/kvs-error.ts';
import type { CallLimits, MediaBody, MediaCalls } from './calls/media-calls.ts';
import type { ArchiveRange, ListedFragment } from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
import { readFragments } from './fragments/fragment-reader.ts';

/** So many fragments are fetched by one call; the service takes up to 1,000. */
const FRAGMENTS_PER_CALL = 20;
/** The service allows five GetMediaForFragmentList a second and stream. */
const MAX_PARALLEL = 5;
const DEFAULT_PARALLEL = 2;
/** Fragments of one ListFragments; the service's most. */
const PAGE = 1_000;
/** An answer of ListFragments is not longer. Bytes. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

type Page = { readonly fragments: readonly ListedFragment[]; readonly next: string | undefined };

/**
 * What is stored of a range, by producer time.
 * @throws KvsError when the service refuses, or answers with what is no list
 */
export async function* listedFragments(
  range: ArchiveRange,
  calls: MediaCalls,
  limits: CallLimits,
): AsyncGenerator<ListedFragment, void, undefined> {
  // The service lists in the order of numbers, page by page.
  const all: ListedFragment[] = [];
  let next: string | undefined;
  do {
    const answer = await calls.open('LIST_FRAGMENTS', listInput(range, next), limits, range.signal);
    const page = pageOf(await textOf(answer));
    all.push(...page.fragments);
    next = page.next;
  } while (next !== undefined);
  const time = ({ producerTimestamp, serverTimestamp }: ListedFragment): number =>
    (range.by === 'server' ? serverTimestamp : producerTimestamp).getTime();
  yield* all.sort((a, b) => time(a) - time(b));
}

function listInput(
  { from, to, by = 'producer' }: ArchiveRange,
  next: string | undefined,
): Record<string, unknown> {
  if (next !== undefined) return { MaxResults: PAGE, NextToken: next };
  return {
    MaxResults: PAGE,
    FragmentSelector: {
      FragmentSelectorType: by === 'server' ? 'SERVER_TIMESTAMP' : 'PRODUCER_TIMESTAMP',
      TimestampRange: {
        StartTimestamp: from.getTime() / 1_000,
        EndTimestamp: to.getTime() / 1_000,
      },
    },
  };
}

async function textOf(answer: MediaBody): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > MAX_PAGE_BYTES) throw notAList(`it has more than ${MAX_PAGE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function notAList(what: string): KvsError {
  return new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `ListFragments returned something other than a list of fragments: ${what}`,
  );
}

function pageOf(text: string): Page {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw notAList('it is no JSON');
  }
  const { Fragments: fragments, NextToken: next } = (json ?? {}) as Record<string, unknown>;
  if (!Array.isArray(fragments)) throw notAList('it has no Fragments');
  return { fragments: fragments.map(listed), next: typeof next === 'string' ? next : undefined };
}

function listed(entry: unknown): ListedFragment {
  const fields = (entry ?? {}) as Record<string, unknown>;
  const number = fields['FragmentNumber'];
  const isNumber = typeof number === 'string' && /^\d+$/.test(number);
  if (!isNumber) throw notAList('a fragment has no number');
  const seconds = (name: string): Date => new Date(Number(fields[name]) * 1_000);
  return {
    number,
    bytes: Number(fields['FragmentSizeInBytes'] ?? 0),
    producerTimestamp: seconds('ProducerTimestamp'),
    serverTimestamp: seconds('ServerTimestamp'),
    durationMs: Number(fields['FragmentLengthInMilliseconds'] ?? 0),
  };
}

/** Fragments of one call, in the order asked for, and the answer to it. */
type Batch = { readonly numbers: readonly string[]; readonly answer: Promise<MediaBody> };

/**
 * The media of a range in order. The next calls are under way while one is read; what they have
 * sent waits in their sockets.
 * @throws KvsError as listedFragments; when a fragment is gone meanwhile
 */
export async function* archivedFragments(
  range: ArchiveRange,
  calls: MediaCalls,
  limits: CallLimits,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  const { parallel = DEFAULT_PARALLEL, signal } = range;
  const most = Math.min(Math.max(Math.trunc(parallel), 1), MAX_PARALLEL);
  const numbers: string[] = [];
  for await (const { number } of listedFragments(range, calls, limits)) numbers.push(number);
  const underWay: Batch[] = [];
  const open = (batch: readonly string[]): Batch => {
    const input = { Fragments: batch };
    const answer = calls.open('GET_MEDIA_FOR_FRAGMENT_LIST', input, limits, signal);
    // It is awaited when it is this one's turn.
    answer.catch(() => {});
    return { numbers: batch, answer };
  };
  try {
    for (;;) {
      while (underWay.length < most && numbers.length > 0) {
        underWay.push(open(numbers.splice(0, FRAGMENTS_PER_CALL)));
      }
      const [first] = underWay;
      if (first === undefined) return;
      yield* readBatch(first, open);
      underWay.shift();
    }
  } finally {
    for (const { answer } of underWay) answer.then((body) => body.return()).catch(() => {});
  }
}

/** Reads a batch; what a lost connection leaves out is asked for again, as long as some comes. */
async function* readBatch(
  batch: Batch,
  open: (numbers: readonly string[]) => Batch,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  let { numbers, answer } = batch;
  while (numbers.length > 0) {
    let got = 0;
    try {
      for await (const fragment of readFragments(await answer)) {
        if (fragment.number !== numbers[got]) throw notAsked(fragment.number, numbers[got]);
        got += 1;
        yield fragment;
      }
      if (got < numbers.length) throw notAsked('an end', numbers[got]);
    } catch (error) {
      const kind = error instanceof KvsError ? error.failure?.kind : undefined;
      const isLost = kind === 'network' || kind === 'timeout';
      if (!isLost || got === 0) throw error;
    }
    numbers = numbers.slice(got);
    if (numbers.length > 0) ({ answer } = open(numbers));
  }
}

function notAsked(came: string | undefined, wanted: string | undefined): KvsError {
  return new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `GetMediaForFragmentList sent ${came ?? 'a fragment without a number'} in place of fragment ${wanted ?? 'none'}`,
  );
}
