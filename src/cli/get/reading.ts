import type { ConsumerReconnect } from '../../consumer/calls/retries.ts';
import { KinesisVideoConsumer } from '../../consumer/consumer.ts';
import { endOfFragment, startOfFragment } from '../../consumer/files/file-muxer.ts';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { serviceSettings } from '../process/aws-options.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { logEnvironment } from '../process/log-options.ts';
import { streamOf } from '../process/stream-argument.ts';
import type { GetOptions, Selection } from './get-options.ts';

/** Opens a consumer of the stream, as the options say. */
export function openConsumer(stream: string, options: GetOptions): KinesisVideoConsumer {
  const logger = openJsonLog(logEnvironment(options, process.env));
  return new KinesisVideoConsumer({
    ...streamOf(stream),
    ...serviceSettings(options),
    ...(logger === undefined ? {} : { logger }),
  });
}

/** How a reading ended. */
export type Reading = {
  readonly fragments: AsyncIterable<ConsumedFragment>;
  /** Whether an interrupt has ended it before its own end. */
  wasCut(): boolean;
  /** Ends it; what has come is kept. */
  stop(): void;
};

/**
 * Reads a selection up to its limits, or until an interrupt. A second interrupt ends the process at
 * once.
 * @param note Told when the connection is lost and another one made.
 */
export function read(
  consumer: KinesisVideoConsumer,
  selection: Selection,
  options: GetOptions,
  note: (text: string) => void,
): Reading {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isInterrupted = false;
  let isDone = false;
  onInterrupt(() => {
    if (isInterrupted) process.exit(EXIT.interrupted);
    isInterrupted = true;
    stopping.abort();
  });
  // Without a limit, it is an interrupt that ends a live recording.
  const hasEnd =
    selection.kind === 'archive' || options.count !== undefined || options.duration !== undefined;
  async function* fragments(): AsyncGenerator<ConsumedFragment, void, undefined> {
    try {
      yield* limited(source(), options);
      isDone = !signal.aborted;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  const onReconnect = ({ error }: ConsumerReconnect): void => {
    note(`${error?.message ?? 'The service ended its answer'}; it goes on after the last fragment`);
  };
  const source = (): AsyncGenerator<ConsumedFragment, void, undefined> =>
    selection.kind === 'archive'
      ? consumer.archive({ ...selection.range, signal, onReconnect })
      : consumer.media({ start: selection.start, signal, onReconnect });
  return {
    fragments: fragments(),
    wasCut: () => isInterrupted && hasEnd && !isDone,
    stop: () => stopping.abort(),
  };
}

/** Times are cut to milliseconds, so that a minute of media may be a little less. */
const SHORT_MS = 5;

/** Whole fragments, until there are so many, or the media lasts so long. */
export async function* limited(
  fragments: AsyncIterable<ConsumedFragment>,
  {
    count = Number.POSITIVE_INFINITY,
    duration = Number.POSITIVE_INFINITY,
  }: { count?: number; duration?: number },
): AsyncGenerator<ConsumedFragment, void, undefined> {
  let seen = 0;
  let firstNs: bigint | undefined;
  for await (const fragment of fragments) {
    yield fragment;
    seen += 1;
    firstNs ??= startOfFragment(fragment);
    const endNs = endOfFragment(fragment);
    const lastsMs =
      firstNs === undefined || endNs === undefined ? 0 : Number(endNs - firstNs) / 1e6;
    if (seen >= count || lastsMs >= duration - SHORT_MS) return;
  }
}
