import { type AwsAccess, createAwsAccess } from '../aws/aws-access.ts';
import { credentialSettings } from '../aws/credentials/given-credentials.ts';
import { type Clock, type Random, systemClock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { loggerOf } from '../runtime/pino-logger.ts';
import { redacting } from '../runtime/redact.ts';
import { archivedFragments, listedFragments } from './archive.ts';
import { type CallLimits, MediaCalls } from './calls/media-calls.ts';
import type {
  ArchiveRange,
  ConsumerOptions,
  ListedFragment,
  MediaOptions,
} from './consumer-options.ts';
import type { ConsumedFragment } from './fragments/consumed-fragment.ts';
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
  readonly #calls: Promise<MediaCalls>;
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;

  /** Nothing is called before something is read; region and credentials are looked for meanwhile. */
  constructor(options: ConsumerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = redacting(loggerOf(options.logger));
    this.#limits = {
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
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
    });
    this.#calls = this.#access.then((access) => new MediaCalls(access, options, this.#clock));
    // Whoever reads hears of it.
    this.#calls.catch(() => {});
  }

  /**
   * Fragments as they are persisted, each once and in order; goes on behind the last one whenever
   * the connection ends. Leaving the loop closes the connection.
   * @throws KvsError while it is read: when the service refuses what no waiting cures, sends what is
   * no media, or reports an error in the media
   */
  async *media(options: MediaOptions = {}): AsyncGenerator<ConsumedFragment, void, undefined> {
    yield* liveFragments(options, {
      calls: await this.#calls,
      limits: this.#limits,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
    });
  }

  /**
   * What is stored of a range, oldest first.
   * @throws KvsError while it is read, when the service refuses
   */
  async *fragments(range: ArchiveRange): AsyncGenerator<ListedFragment, void, undefined> {
    yield* listedFragments(range, await this.#calls, this.#limits);
  }

  /**
   * The media of what is stored of a range, oldest first, fetched by several calls at once.
   * @throws KvsError while it is read: when the service refuses, or a fragment is gone meanwhile
   */
  async *archive(range: ArchiveRange): AsyncGenerator<ConsumedFragment, void, undefined> {
    yield* archivedFragments(range, await this.#calls, this.#limits);
  }

  /** Gives up calls under way, and what was opened for them. */
  close(): void {
    this.#access.then((access) => access.close()).catch(() => {});
  }

  /** As `close()`, for `using` and `await using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
