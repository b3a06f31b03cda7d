import type { RefreshFailure } from '../aws/credentials/credential-settings.ts';
import { asKvsError, KvsError } from '../errors/kvs-error.ts';
import { createUploader } from '../putmedia/uploader/uploader.ts';
import type { UploaderEvents } from '../putmedia/uploader-api.ts';
import { type Clock, type Random, systemClock } from '../runtime/clock.ts';
import { durationText } from '../runtime/duration-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { loggerOf } from '../runtime/pino-logger.ts';
import { redacting } from '../runtime/redact.ts';
import { ContentStore } from '../storage/content-store.ts';
import { Emitter } from './events/emitter.ts';
import type { ProducerEvents } from './events/events.ts';
import type { ClientMetrics } from './events/metrics.ts';
import { type ResolvedDeviceInfo, resolveDeviceInfo } from './info/device-info.ts';
import type { ProducerAccess, ProducerOptions } from './info/producer-options.ts';
import { type ResolvedStreamInfo, resolveStreamInfo, type StreamInfo } from './info/stream-info.ts';
import { isWithin } from './life/is-within.ts';
import { openAccess } from './producer-access.ts';
import { KinesisVideoStream } from './stream.ts';
import { uploaderSettings } from './uploader-settings.ts';

/**
 * A producer: one content store, one way to AWS, and any number of streams.
 *
 * ```ts
 * const producer = new KinesisVideoProducer({ region: 'us-west-2' });
 * const stream = producer.createStream({ streamName: 'door' });
 * stream.setTrackFormat(1, { kind: 'video', mediaType: 'video/h264', streamFormat: 'byte-stream' });
 * stream.putFrame({ trackId: 1, ptsNs, dtsNs, durationNs: 0n, isKeyFrame, data });
 * await stream.stop();
 * producer.close();
 * ```
 */
export class KinesisVideoProducer extends Emitter<ProducerEvents> {
  /** As given, with every default filled in. */
  readonly deviceInfo: ResolvedDeviceInfo;
  readonly #options: ProducerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  readonly #store: ContentStore;
  readonly #streams = new Set<KinesisVideoStream>();
  /** Where each stream hears of what concerns all of them. */
  readonly #listeners = new Map<KinesisVideoStream, UploaderEvents>();
  /** Ends that a stream hears what each answer says of the machine's clock. */
  readonly #clockListeners = new Map<KinesisVideoStream, () => void>();
  readonly #access: Promise<ProducerAccess>;
  #isClosed = false;

  /**
   * Nothing is sent before a stream is created; region and credentials are looked for meanwhile.
   * @throws KvsError for deviceInfo that cannot be used.
   */
  constructor(options: ProducerOptions = {}) {
    super((error) => this.#log.error('a listener threw', { error: String(error) }));
    this.#options = options;
    this.deviceInfo = resolveDeviceInfo(options.deviceInfo);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = redacting(loggerOf(options.logger));
    const { storageSize } = this.deviceInfo.storageInfo;
    // In the middle of a frame: nobody is told before that is stored.
    this.#store = new ContentStore(storageSize, (sizeBytes) =>
      queueMicrotask(() => this.#onStoreShrunk(storageSize, sizeBytes)),
    );
    this.#access = openAccess(options, {
      deviceInfo: this.deviceInfo,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      onRefreshFailed: (failure) => this.#onRefreshFailed(failure),
    });
    this.#access.then(
      ({ region }) => {
        if (!this.#isClosed) this.emit('clientReady', { region });
      },
      // Each stream reports it; here it is for those who wait for clientReady by node:events.
      (error: unknown) => {
        if (!this.#isClosed) this.emit('error', asKvsError(error));
      },
    );
  }

  /**
   * Resolves when region, endpoint and credential source are known (clientReady). Streams do not
   * wait for anybody to call it.
   * @throws KvsError what stands in the way, or STATUS_OPERATION_TIMED_OUT after `timeoutMs`
   */
  async ready(timeoutMs = this.deviceInfo.clientInfo.createClientTimeoutMs): Promise<void> {
    if (await isWithin(this.#clock, timeoutMs, this.#access)) return;
    const text = `The producer had no region and credential source within ${durationText(timeoutMs)}`;
    throw new KvsError('STATUS_OPERATION_TIMED_OUT', text);
  }

  /** Those that have not ended. */
  get streams(): readonly KinesisVideoStream[] {
    return [...this.#streams];
  }

  /**
   * Makes a stream, which takes frames at once and becomes ready by itself (streamReady).
   * @throws KvsError that names field, value and limit; STATUS_MAX_STREAM_COUNT,
   * STATUS_DUPLICATE_STREAM_NAME, STATUS_CLIENT_SHUTTING_DOWN.
   */
  createStream(info: StreamInfo = {}): KinesisVideoStream {
    if (this.#isClosed) {
      throw new KvsError('STATUS_CLIENT_SHUTTING_DOWN', 'The producer was closed');
    }
    const resolved = resolveStreamInfo(info, this.#random);
    this.#checkNewStream(resolved);
    const stream: KinesisVideoStream = KinesisVideoStream.create(resolved, {
      device: this.deviceInfo,
      store: this.#store,
      clock: this.#clock,
      log: this.#log,
      openUploader: async (source, events, contentType) => {
        const access = await this.#access;
        this.#listeners.set(stream, events);
        this.#listenToClock(stream, access);
        const create = this.#options.createUploader ?? createUploader;
        const env = this.#options.env ?? process.env;
        return create(uploaderSettings(resolved, this.deviceInfo, access, env, contentType), {
          source,
          events,
          controlPlane: access.controlPlane,
          credentials: access.credentials,
          region: access.region,
          agentFor: (url) => access.agents.agentFor(url),
          clock: this.#clock,
          random: this.#random,
          log: this.#log.child({ stream: resolved.streamName ?? resolved.streamArn }),
        });
      },
      onStoragePressure: (remainingBytes) =>
        this.emit('storageOverflowPressure', { remainingBytes }),
      onClosed: () => {
        this.#streams.delete(stream);
        this.#listeners.delete(stream);
        this.#clockListeners.get(stream)?.();
        this.#clockListeners.delete(stream);
      },
    });
    this.#streams.add(stream);
    return stream;
  }

  /**
   * As createStream, and waits until the stream is ready; it is closed if that fails.
   * @throws KvsError as createStream and as KinesisVideoStream.ready
   */
  async createStreamSync(info: StreamInfo = {}): Promise<KinesisVideoStream> {
    const stream = this.createStream(info);
    try {
      await stream.ready();
      return stream;
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  /** Figures of the store and of all streams together. */
  metrics(): ClientMetrics {
    const metrics = this.streams.map((stream) => stream.metrics());
    const sum = (value: (stream: (typeof metrics)[number]) => number): number =>
      metrics.reduce((total, stream) => total + value(stream), 0);
    return {
      avgApiCallRetryCount:
        metrics.length === 0 ? 0 : sum((s) => s.streamApiCallRetryCount) / metrics.length,
      contentStoreSize: this.#store.sizeBytes,
      contentStoreAvailableSize: this.#store.freeBytes,
      contentStoreAllocatedSize: this.#store.allocatedBytes,
      totalContentViewsSize: this.streams.reduce((n, stream) => n + stream.viewStructureBytes, 0),
      totalFrameRate: sum((s) => s.currentFrameRate),
      totalTransferRate: sum((s) => s.currentTransferRate),
      totalElementaryFrameRate: sum((s) => s.elementaryFrameRate),
    };
  }

  /** Stops every stream (see KinesisVideoStream.stop), then closes; rejects with the first error. */
  async stop(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const results = await Promise.allSettled(this.streams.map((stream) => stream.stop(options)));
    this.close();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /**
   * As `stop()`, for `await using`.
   * @throws KvsError the first error of a stream
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends everything now; what was not sent is lost. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.streams) stream.close();
    this.#access.then(
      (access) => access.close(),
      () => {},
    );
  }

  /** Without valid credentials a stream cannot go on, and its uploader says so by itself. */
  #onStoreShrunk(askedBytes: number, bytes: number): void {
    const text = `The system has no more memory for the content store: it stays at ${bytes} of ${askedBytes} bytes`;
    const warning = new KvsError('STATUS_NOT_ENOUGH_MEMORY', text);
    for (const events of this.#listeners.values()) {
      events.error(warning, { fatal: false, fragment: undefined });
    }
  }

  #onRefreshFailed({ error, validForMs }: RefreshFailure): void {
    if (validForMs === 0) return;
    const left = Number.isFinite(validForMs) ? ` for ${durationText(validForMs)}` : '';
    const isKvs = error instanceof KvsError;
    const warning = new KvsError(
      isKvs ? error.code : 'STATUS_CLIENT_AUTH_CALL_FAILED',
      `Credentials could not be renewed, the old ones are used${left}: ${error.message}`,
      { cause: error, ...(isKvs ? { advice: error.advice } : {}) },
    );
    for (const events of this.#listeners.values()) {
      events.error(warning, { fatal: false, fragment: undefined });
    }
  }

  #listenToClock(stream: KinesisVideoStream, { controlPlane }: ProducerAccess): void {
    if (this.#clockListeners.has(stream) || stream.state === 'stopped') return;
    const off = controlPlane.clockSkew?.onMeasured((measured) => stream.clockMeasured(measured));
    if (off !== undefined) this.#clockListeners.set(stream, off);
  }

  #checkNewStream({ streamName, streamArn }: ResolvedStreamInfo): void {
    const { streamCount } = this.deviceInfo;
    if (this.#streams.size >= streamCount) {
      throw new KvsError(
        'STATUS_MAX_STREAM_COUNT',
        `The producer has ${this.#streams.size} streams, and may have ${streamCount}`,
      );
    }
    for (const { info } of this.#streams) {
      const isSame =
        streamArn === undefined ? info.streamName === streamName : info.streamArn === streamArn;
      if (!isSame) continue;
      throw new KvsError(
        'STATUS_DUPLICATE_STREAM_NAME',
        `The producer already has a stream ${streamName ?? streamArn}`,
        { advice: 'Stop it first, or give the new one another name.' },
      );
    }
  }
}
