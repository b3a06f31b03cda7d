import { KvsError } from '../errors/kvs-error.ts';
import type { ConsumerContext } from './calls/consumer-context.ts';
import type { MediaAnswer } from './calls/media-answer.ts';
import { Retries } from './calls/retries.ts';
import type { ArchiveRange, ListedFragment } from './consumer-options.ts';

/** Fragments of one ListFragments; the service's most. */
const PAGE_FRAGMENTS = 1_000;
/** An answer of ListFragments is not longer. Bytes. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** A list in memory is not longer; of a range that has more, the halves are listed. */
const MAX_LIST_FRAGMENTS = 20_000;

/** The first call may be one to a wrong address; later on the service is known to answer. */
const FIRST_RETRIES = 5;
const MAX_RETRIES = 10;

/** Where a range without an end ends: producers' clocks, and files that are sent faster than they play, lie ahead. */
const OPEN_END_MS = Date.UTC(9999, 11, 31);

type Page = { readonly fragments: readonly ListedFragment[]; readonly next: string | undefined };

/** A part of the range, epoch ms; it ends before `toMs`, unless it is the range's last one. */
type Span = { readonly fromMs: number; readonly toMs: number; readonly isLast: boolean };

/**
 * What is stored of a range, by time. However long the range is, a part of its list is in memory at
 * a time.
 * @throws KvsError for a range that is none; when the service refuses, or answers with what is no
 * list; anything once it is aborted
 */
export async function* listedFragments(
  range: ArchiveRange,
  signal: AbortSignal,
  context: ConsumerContext,
): AsyncGenerator<ListedFragment, void, undefined> {
  const [fromMs, toMs] = [range.from.getTime(), range.to?.getTime() ?? OPEN_END_MS];
  if (!(fromMs <= toMs)) {
    throw new KvsError('STATUS_INVALID_ARG', 'A range begins at a time and ends at a later one');
  }
  const lister = new Lister(range, signal, context);
  // A stack of what is still to be listed: the earliest part is on top.
  const spans: Span[] = [{ fromMs, toMs, isLast: true }];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const { fragments, isWhole } = await lister.list(span);
    if (isWhole) {
      yield* fragments;
      continue;
    }
    const middleMs = middleOf(
      span,
      fragments.map((fragment) => lister.timeOf(fragment)),
    );
    spans.push({ ...span, fromMs: middleMs });
    spans.push({ fromMs: span.fromMs, toMs: middleMs, isLast: false });
  }
}

/**
 * Where a span with too many fragments is divided: in its middle, or where the found ones have
 * theirs, if they all lie on one side. A range that begins in 1970 or has no end is mostly empty.
 */
function middleOf({ fromMs, toMs }: Span, times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const [firstMs, lastMs] = [sorted[0] ?? fromMs, sorted.at(-1) ?? toMs];
  const middleMs = Math.floor((fromMs + toMs) / 2);
  const isBetween = firstMs < middleMs && middleMs <= lastMs;
  const medianMs = sorted[Math.floor(sorted.length / 2)] ?? middleMs;
  return Math.min(Math.max(isBetween ? middleMs : medianMs, fromMs + 1), toMs);
}

/** Lists spans of one range. */
class Lister {
  readonly #by: 'producer' | 'server';
  readonly #signal: AbortSignal;
  readonly #context: ConsumerContext;
  readonly #onReconnect: ArchiveRange['onReconnect'];
  #hasAnswered = false;

  constructor(
    { by = 'producer', onReconnect }: ArchiveRange,
    signal: AbortSignal,
    context: ConsumerContext,
  ) {
    this.#by = by;
    this.#onReconnect = onReconnect;
    this.#signal = signal;
    this.#context = context;
  }

  /** Epoch ms, of the clock that the range is about. */
  timeOf({ serverTimestamp, producerTimestamp }: ListedFragment): number {
    return (this.#by === 'server' ? serverTimestamp : producerTimestamp).getTime();
  }

  /**
   * The fragments of a span by time, since the service lists them in no specific order; not all of
   * them, where they are too many and the span can be divided.
   */
  async list(span: Span): Promise<{ fragments: ListedFragment[]; isWhole: boolean }> {
    const fragments: ListedFragment[] = [];
    const canBeDivided = span.toMs - span.fromMs > 1;
    let next: string | undefined;
    do {
      const page = await this.#page(span, next);
      for (const fragment of page.fragments) {
        // The service counts the end in.
        if (span.isLast || this.timeOf(fragment) < span.toMs) fragments.push(fragment);
      }
      next = page.next;
      if (next !== undefined && canBeDivided && fragments.length >= MAX_LIST_FRAGMENTS) {
        return { fragments, isWhole: false };
      }
    } while (next !== undefined);
    fragments.sort((a, b) => this.timeOf(a) - this.timeOf(b) || compareNumbers(a.number, b.number));
    return { fragments, isWhole: true };
  }

  async #page({ fromMs, toMs }: Span, next: string | undefined): Promise<Page> {
    const input = {
      MaxResults: PAGE_FRAGMENTS,
      FragmentSelector: {
        FragmentSelectorType: this.#by === 'server' ? 'SERVER_TIMESTAMP' : 'PRODUCER_TIMESTAMP',
        TimestampRange: { StartTimestamp: fromMs / 1_000, EndTimestamp: toMs / 1_000 },
      },
      ...(next === undefined ? {} : { NextToken: next }),
    };
    const { calls, limits } = this.#context;
    const signal = this.#signal;
    const retries = new Retries(this.#context, {
      operation: 'ListFragments',
      signal,
      onReconnect: this.#onReconnect,
      most: this.#hasAnswered ? MAX_RETRIES : FIRST_RETRIES,
    });
    for (;;) {
      try {
        const answer = await calls.open('LIST_FRAGMENTS', input, limits, signal);
        const page = pageOf(await textOf(answer));
        this.#hasAnswered = true;
        return page;
      } catch (error) {
        await retries.wait(error, undefined);
      }
    }
  }
}

/** Decimal numbers of any length. */
function compareNumbers(one: string, other: string): number {
  const difference = BigInt(one) - BigInt(other);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

async function textOf(answer: MediaAnswer): Promise<string> {
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
  const time = (name: string): Date => {
    const date = new Date(Math.round(Number(fields[name]) * 1_000));
    if (Number.isNaN(date.getTime())) throw notAList(`fragment ${number} has no ${name}`);
    return date;
  };
  return {
    number,
    bytes: Number(fields['FragmentSizeInBytes'] ?? 0),
    producerTimestamp: time('ProducerTimestamp'),
    serverTimestamp: time('ServerTimestamp'),
    durationMs: Number(fields['FragmentLengthInMilliseconds'] ?? 0),
  };
}
