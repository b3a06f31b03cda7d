import { type AwsAccess, createAwsAccess } from '../aws/aws-access.ts';
import { credentialSettings } from '../aws/credentials/given-credentials.ts';
import { KvsError } from '../errors/kvs-error.ts';
import type { AbortSignalLike } from '../runtime/abort-signal-like.ts';
import { systemClock } from '../runtime/clock.ts';
import { loggerOf } from '../runtime/pino-logger.ts';
import { redacting } from '../runtime/redact.ts';
import { archivedFragments } from './archived-fragments.ts';
import { joinSignals, untilAborted } from './calls/abort.ts';
import type { ConsumerContext } from './calls/consumer-context.ts';
import { MediaCalls } from './calls/media-calls.ts';
import type {
  ArchiveRange,
  ConsumerOptions,
  HlsOptions,
  HlsSession,
  ListedFragment,
  MediaOptions,
} from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
import { openHlsSession } from './hls.ts';
import { listedFragments } from './listed-fragments.ts';
import { liveFragments } from './live.ts';

/** The connection of a call must stand, and a control call be done, within so long. */
const CONTROL_TIMEOUT_MS = 10_000;
const DEFAULT_ANSWER_TIMEOUT_MS = 15_000;
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

/**
 * Reads a stream back: what is being produced now, or what is stored.
 *
 * ```ts
 * const consumer = new KinesisVideoConsumer({ streamName: 'door' });
 * for await (const fragment of consumer.media({ start: 'earliest' })) {
 *   console.log(fragment.number, fragment.producerTimestamp, fragment.frames.length);
 * }
 * ```
 */
export class KinesisVideoConsumer {
  readonly #access: Promise<AwsAccess>;
  readonly #context: Promise<ConsumerContext>;
  readonly #closing = new AbortController();

  /** Nothing is called before something is read; region and credentials are looked for meanwhile. */
  constructor(options: ConsumerOptions) {
    const { clock = systemClock, random = Math.random } = options;
    const log = redacting(loggerOf(options.logger));
    const limits = {
      answerMs: options.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS,
      idleMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    };
    this.#access = createAwsAccess({
      ...credentialSettings(options.credentials),
      region: options.region,
      endpoint: options.endpoint,
      caFile: options.caFile,
      userAgent: options.userAgent,
      allowInsecureHttp: options.allowInsecureHttp,
      connectTimeoutMs: CONTROL_TIMEOUT_MS,
      completionTimeoutMs: CONTROL_TIMEOUT_MS,
      env: options.env ?? process.env,
      clock,
      random,
      log,
    });
    this.#context = this.#access.then((access) => {
      return { calls: new MediaCalls(access, options, clock), limits, clock, random, log };
    });
    // Whoever reads hears of it.
    this.#context.catch(() => {});
  }

  /**
   * Fragments as they are persisted, each once and in order; goes on behind the last one whenever
   * the connection ends. Leaving the loop closes the connection.
   * @throws KvsError while it is read: when the service refuses what no waiting cures, sends what is
   * no media, or reports an error in the media
   */
  media(options: MediaOptions = {}): AsyncGenerator<ConsumedFragment, void, undefined> {
    return this.#iterate(options.signal, (signal, context) =>
      liveFragments(options, signal, context),
    );
  }

  /**
   * What is stored of a range, oldest first.
   * @throws KvsError while it is read, when the service refuses
   */
  fragments(range: ArchiveRange): AsyncGenerator<ListedFragment, void, undefined> {
    return this.#iterate(range.signal, (signal, context) =>
      listedFragments(range, signal, context),
    );
  }

  /**
   * The media of what is stored of a range, oldest first, fetched by several calls at once.
   * @throws KvsError while it is read: when the service refuses, or a fragment is gone meanwhile
   */
  archive(range: ArchiveRange): AsyncGenerator<ConsumedFragment, void, undefined> {
    return this.#iterate(range.signal, (signal, context) =>
      archivedFragments(range, signal, context),
    );
  }

  /**
   * Opens an HLS session, for a player: H.264 or H.265, with AAC or without sound.
   * @throws KvsError when the service refuses: for a stream without media, another codec, times that
   * do not go together
   */
  async hls(options: HlsOptions = {}): Promise<HlsSession> {
    const { signal } = this.#closing;
    return openHlsSession(options, signal, await untilAborted(this.#context, signal));
  }

  /** Ends all iterations, without an error, and gives up what was opened for them. */
  close(): void {
    this.#closing.abort();
    this.#access.then((access) => access.close()).catch(() => {});
  }

  /** As `close()`, for `using` and `await using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Runs an iteration until it ends, is aborted, or the consumer is closed. */
  async *#iterate<T>(
    given: AbortSignalLike | undefined,
    begin: (signal: AbortSignal, context: ConsumerContext) => AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    if (this.#closing.signal.aborted) {
      throw new KvsError('STATUS_INVALID_OPERATION', 'The consumer is closed');
    }
    const { signal, release } = joinSignals(given, this.#closing.signal);
    try {
      yield* begin(signal, await untilAborted(this.#context, signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      release();
    }
  }
}
