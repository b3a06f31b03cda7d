import { KvsError } from '../errors/kvs-error.ts';
import type { TrackDescription } from '../media/types.ts';
import type { ConnectionState, FragmentAck, Uploader, UploaderEvents } from '../putmedia/types.ts';
import type { Clock, Random, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ContentStore } from '../storage/content-store.ts';
import type { FragmentSource, StoredFragment } from '../storage/types.ts';
import type { ResolvedDeviceInfo } from './device-info.ts';
import { Emitter } from './emitter.ts';
import type { StreamEvents } from './events.ts';
import { MetadataQueue } from './metadata-queue.ts';
import type { StreamMetrics } from './metrics.ts';
import type { ResolvedStreamInfo } from './stream-info.ts';
import { makeParts, type StreamParts } from './stream-parts.ts';
import { StreamReports } from './stream-reports.ts';
import type { TimestampCounters } from './timestamps.ts';
import type { Track } from './track.ts';
import type { EventKind, EventMetadata, Frame } from './types.ts';

/** Upstream's timer for intermittent producers looks every 5 s for a silence of 20 s. */
const SILENCE_CHECK_MS = 5_000;
const SILENCE_MS = 20_000;

/** What a stream has from its producer. */
export type StreamDependencies = {
  readonly device: ResolvedDeviceInfo;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Makes the uploader once the way to AWS is known; rejects when there is none. */
  readonly openUploader: (
    source: FragmentSource,
    events: UploaderEvents,
    contentType: () => string,
  ) => Promise<Uploader>;
  readonly onStoragePressure: (remainingBytes: number) => void;
  readonly onClosed: () => void;
};

/** One use of the stream, from creation or reset to reset or close. */
type Life = StreamParts & {
  readonly opening: Promise<void>;
  uploader: Uploader | undefined;
};

/** new: not ready yet; ready: the service knows the stream; stopping: draining. */
type State =
  | { readonly kind: 'new'; readonly life: Life }
  | { readonly kind: 'ready'; readonly life: Life; readonly streamArn: string }
  | { readonly kind: 'stopping'; readonly life: Life; readonly done: Promise<void> }
  | { readonly kind: 'stopped'; readonly error: KvsError | undefined };

/**
 * A stream of a KinesisVideoProducer: takes frames, cuts them into fragments, buffers and sends
 * them. Made by KinesisVideoProducer.createStream; sends as soon as the service is reached, and
 * takes frames at once.
 */
export class KinesisVideoStream {
  readonly info: ResolvedStreamInfo;
  readonly #dependencies: StreamDependencies;
  readonly #log: Logger;
  readonly #events: Emitter<StreamEvents>;
  readonly #metadata = new MetadataQueue();
  readonly #reports: StreamReports;
  #state: State;
  #silenceTimer: Timer | undefined;

  /** Use KinesisVideoProducer.createStream. */
  constructor(info: ResolvedStreamInfo, dependencies: StreamDependencies) {
    const { clock } = dependencies;
    this.info = info;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ stream: this.name });
    this.#events = new Emitter((error) =>
      this.#log.error('a listener threw', { error: String(error) }),
    );
    const { device, store, onStoragePressure } = dependencies;
    this.#reports = new StreamReports(
      { info, device, store, clock, log: this.#log, events: this.#events, onStoragePressure },
      {
        view: () => this.#lastLife.view,
        metrics: () => this.metrics(),
        resetConnection: (reason) => this.#resetConnection(reason),
      },
    );
    this.#state = { kind: 'new', life: this.#begin() };
    this.#watchSilence();
  }

  /** Name or ARN, for logs. */
  get name(): string {
    return this.info.streamName ?? this.info.streamArn ?? '';
  }

  /** `new`, `ready`, `stopping` or `stopped`. */
  get state(): State['kind'] {
    return this.#state.kind;
  }

  /** Calls `listener` at each event; the returned function ends that. */
  on<Name extends keyof StreamEvents>(
    name: Name,
    listener: (event: StreamEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  once<Name extends keyof StreamEvents>(
    name: Name,
    listener: (event: StreamEvents[Name]) => void,
  ): () => void {
    return this.#events.once(name, listener);
  }

  off<Name extends keyof StreamEvents>(
    name: Name,
    listener: (event: StreamEvents[Name]) => void,
  ): void {
    this.#events.off(name, listener);
  }

  /**
   * Codec private data of a track, before its first frame (upstream's `start`): avcC or hvcC,
   * parameter sets in Annex B, AudioSpecificConfig, …
   * @throws KvsError when it is not what the track's media type promises.
   */
  start(codecPrivateData: Uint8Array, trackId = 1): void {
    const track = this.#live().path.track(trackId);
    const description = track.description ?? {
      kind: 'video',
      mediaType: this.info.contentType ?? 'video/h264',
    };
    track.describe({ ...description, codecData: codecPrivateData });
  }

  /**
   * Says what a track is: before its first frame, and again when that changes. Frames that were
   * put before are not touched by it.
   * @throws KvsError when the description cannot be used.
   */
  setTrackFormat(trackId: number, description: TrackDescription): void {
    this.#live().path.describe(trackId, description);
  }

  /**
   * Takes one frame. In realtime it is copied within the call, or left out and counted; nothing
   * blocks and nothing is thrown for want of room. Offline a promise is returned while the store
   * is full: it resolves when the frame was taken, and its bytes must not change before.
   * @throws KvsError for a frame that can never be used: unknown track, no bytes, stopped stream.
   */
  putFrame(frame: Frame): Promise<void> | undefined {
    const { path } = this.#live();
    this.#reports.meter.totalFrames += 1;
    try {
      return path.put(frame);
    } catch (error) {
      this.#reports.meter.putFrameErrors += 1;
      throw error;
    }
  }

  /**
   * Adds a name and value to the next fragment, or (persistent) to every one from now on; a
   * persistent name with an empty value takes it back. Ten items go with a fragment at most.
   * @throws KvsError for what KVS refuses, and when 25 items wait already.
   */
  putFragmentMetadata(name: string, value: string, persistent = true): void {
    this.#live();
    this.#metadata.put(name, value, persistent);
  }

  /**
   * Marks the next fragment for image generation or notification (or both).
   * @throws KvsError as putFragmentMetadata, and before the first frame.
   */
  putEventMetadata(events: EventKind | readonly EventKind[], metadata: EventMetadata = {}): void {
    if (!this.#live().packager.hasStarted) {
      throw new KvsError(
        'STATUS_STREAM_NOT_STARTED',
        'Event metadata was put before the first frame of the stream',
        { advice: 'Put a frame first.' },
      );
    }
    const kinds = typeof events === 'string' ? [events] : events;
    for (const kind of kinds) this.#metadata.putEvent(kind, metadata);
  }

  /**
   * Ends the fragment now, so that the service persists it without waiting for the next one. What
   * follows begins with a key frame.
   * @throws KvsError STATUS_STREAM_NOT_STARTED before the first frame, and
   * STATUS_MULTIPLE_CONSECUTIVE_EOFR when the fragment has ended already.
   */
  endFragment(): void {
    const { path, packager } = this.#live();
    if (path.isEmpty && !packager.hasOpenFragment) {
      throw packager.hasStarted
        ? new KvsError('STATUS_MULTIPLE_CONSECUTIVE_EOFR', 'The fragment has ended already', {
            advice: 'Put a frame before the fragment is ended again.',
          })
        : new KvsError('STATUS_STREAM_NOT_STARTED', 'There is no fragment that could be ended');
    }
    path.flush();
    packager.endFragment();
  }

  /** The track has nothing before `untilNs`: the others need not wait for it. */
  gap(trackId: number, untilNs: bigint): void {
    this.#live().path.gap(trackId, untilNs);
  }

  /** The track has no more frames. Another one revives it. */
  endTrack(trackId: number): void {
    this.#live().path.endTrack(trackId);
  }

  /** What follows does not continue what came before (flush, seek): the fragment ends here. */
  discontinuity(): void {
    const { path, packager } = this.#live();
    if (path.flush()) packager.interrupt();
    path.restartTimelines();
  }

  /** Makes the connection anew; the buffer is kept, and what is not acknowledged sent again. */
  resetConnection(): void {
    const reason = 'The application has reset the connection';
    this.#resetConnection(new KvsError('STATUS_SERVICE_CALL_TIMEOUT_ERROR', reason));
  }

  /**
   * Begins anew: what is buffered is dropped (and counted), metadata forgotten, the control plane
   * asked again. Also brings a stopped stream back.
   */
  resetStream(): void {
    const state = this.#state;
    if (state.kind !== 'stopped') {
      this.#end(state.life, new KvsError('STATUS_STREAM_SHUTTING_DOWN', 'The stream was reset'));
    }
    this.#metadata.clear();
    this.#log.info('stream reset');
    const tracks = state.kind === 'stopped' ? undefined : state.life.tracks;
    this.#to({ kind: 'new', life: this.#begin(tracks) });
    this.#watchSilence();
  }

  /**
   * Resolves when the stream is ready.
   * @throws KvsError the fatal error, or STATUS_OPERATION_TIMED_OUT after `timeoutMs`.
   */
  ready(
    timeoutMs: number = this.#dependencies.device.clientInfo.createStreamTimeoutMs,
  ): Promise<void> {
    if (this.#state.kind === 'ready') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const offs: (() => void)[] = [];
      const settle = (action: () => void): void => {
        timer.cancel();
        for (const off of offs) off();
        action();
      };
      const timer = this.#dependencies.clock.after(timeoutMs, () => {
        const text = `Stream ${this.name} was not ready within ${timeoutMs} ms`;
        settle(() => reject(new KvsError('STATUS_OPERATION_TIMED_OUT', text)));
      });
      offs.push(this.on('streamReady', () => settle(resolve)));
      offs.push(
        this.on('streamClosed', ({ error }) =>
          settle(() => reject(error ?? this.#stoppedError(undefined))),
        ),
      );
      if (this.#state.kind === 'stopped') {
        const { error } = this.#state;
        settle(() => reject(error ?? this.#stoppedError(undefined)));
      }
    });
  }

  /**
   * Ends the stream: packages what waits, sends what is left and waits until the service has
   * persisted it (received it, when nothing is retained; taken it, without acknowledgements).
   * The stream is closed in any case.
   * @throws KvsError STATUS_OPERATION_TIMED_OUT after `timeoutMs`, or the fatal error.
   */
  stop(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const state = this.#state;
    if (state.kind === 'stopped') {
      return state.error === undefined ? Promise.resolve() : Promise.reject(state.error);
    }
    if (state.kind === 'stopping') return state.done;
    const timeoutMs = options.timeoutMs ?? this.#dependencies.device.clientInfo.stopStreamTimeoutMs;
    const done = this.#drain(state.life, timeoutMs);
    if (this.#state === state) this.#to({ kind: 'stopping', life: state.life, done });
    return done;
  }

  /** Ends everything now; what was not sent is lost. Idempotent. */
  close(): void {
    const state = this.#state;
    if (state.kind !== 'stopped') this.#stopped(state.life, undefined);
  }

  /** All figures; cheap enough to ask for every second. */
  metrics(): StreamMetrics {
    const { view, uploader, tracks } = this.#lastLife;
    return this.#reports.meter.snapshot(view, uploader?.counters, sumOf(tracks));
  }

  #life: Life | undefined;

  get #lastLife(): Life {
    return this.#life as Life;
  }

  /** @throws KvsError STATUS_STREAM_HAS_BEEN_STOPPED */
  #live(): Life {
    const state = this.#state;
    if (state.kind === 'new' || state.kind === 'ready') return state.life;
    throw this.#stoppedError(state.kind === 'stopped' ? state.error : undefined);
  }

  #stoppedError(cause: KvsError | undefined): KvsError {
    return new KvsError(
      'STATUS_STREAM_HAS_BEEN_STOPPED',
      `Stream ${this.name} has ended${cause === undefined ? '' : `: ${cause.message}`}`,
      { cause },
    );
  }

  #begin(before?: readonly Track[]): Life {
    const { info } = this;
    const { clock, store, openUploader } = this.#dependencies;
    const reports = this.#reports;
    const metadata = this.#metadata;
    const parts = makeParts({ info, store, clock, reports, metadata }, before);
    const life: Life = {
      ...parts,
      uploader: undefined,
      opening: openUploader(
        parts.view,
        this.#uploaderEvents(() => life),
        () => this.#contentType(life),
      ).then(
        (uploader) => {
          if (this.#life !== life || this.#state.kind === 'stopped') {
            uploader.close();
            return;
          }
          life.uploader = uploader;
          uploader.start();
        },
        (error: unknown) => this.#onFatal(life, asKvsError(error)),
      ),
    };
    this.#life = life;
    return life;
  }

  #contentType({ tracks, packager }: Life): string {
    if (this.info.contentType !== undefined) return this.info.contentType;
    return (
      packager.contentType ??
      tracks
        .map(({ contentType }) => contentType)
        .filter((type) => type !== '')
        .join(',')
    );
  }

  #uploaderEvents(life: () => Life): UploaderEvents {
    const isCurrent = (): boolean => this.#life === life() && this.#state.kind !== 'stopped';
    return {
      ready: (streamArn) => {
        if (!isCurrent()) return;
        if (this.#state.kind === 'new') this.#to({ kind: 'ready', life: life(), streamArn });
        this.#events.emit('streamReady', { streamArn });
      },
      connection: (state: ConnectionState) => this.#events.emit('connectionState', state),
      ack: (ack, fragment, session) => this.#onAck(ack, fragment, session),
      error: (error, { fatal }) => {
        if (fatal) this.#onFatal(life(), error);
        else this.#events.emit('streamError', { error, fatal: false });
      },
      stale: (lastAckAgoMs) => {
        this.#events.emit('streamConnectionStale', { lastAckAgoMs });
      },
    };
  }

  #onAck(ack: FragmentAck, fragment: StoredFragment | undefined, session: number): void {
    const latencyMs =
      fragment === undefined
        ? undefined
        : this.#dependencies.clock.monotonicMs() - fragment.arrivedMs;
    const last = this.info.retentionHours > 0 ? 'PERSISTED' : 'RECEIVED';
    if (latencyMs !== undefined && ack.type === last) this.#reports.meter.acknowledged(latencyMs);
    if (!this.#events.has('fragmentAck')) return;
    this.#events.emit('fragmentAck', { ack, session, fragment: fragment?.index, latencyMs });
  }

  #resetConnection(reason: KvsError): void {
    this.#lastLife.uploader?.resetConnection(reason);
  }

  async #drain(life: Life, timeoutMs: number): Promise<void> {
    const { clock } = this.#dependencies;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    let isLate = false;
    let giveUp: () => void = () => {};
    const timeout = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const timer = clock.after(timeoutMs, () => {
      isLate = true;
      giveUp();
    });
    try {
      await Promise.race([Promise.all([life.path.finish(), life.opening]), timeout]);
      if (this.#state.kind === 'stopped') {
        if (this.#state.error !== undefined) throw this.#state.error;
        return;
      }
      if (isLate) {
        const text = `Stream ${this.name} could not be sent within ${timeoutMs} ms`;
        throw new KvsError('STATUS_OPERATION_TIMED_OUT', text);
      }
      life.packager.endFragment();
      await life.uploader?.drain(Math.max(0, deadlineMs - clock.monotonicMs()));
      this.#stopped(life, undefined);
    } catch (error) {
      this.#stopped(life, asKvsError(error));
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #onFatal(life: Life, error: KvsError): void {
    if (this.#life !== life || this.#state.kind === 'stopped') return;
    this.#log.error('stream failed', { error: error.describe() });
    this.#events.emit('streamError', { error, fatal: true });
    // A drain under way hears of it from the uploader, and ends the stream itself.
    if (this.#state.kind !== 'stopping' || life.uploader === undefined) this.#stopped(life, error);
  }

  #stopped(life: Life, error: KvsError | undefined): void {
    if (this.#state.kind === 'stopped') return;
    this.#to({ kind: 'stopped', error });
    this.#end(life, error ?? this.#stoppedError(undefined));
    this.#events.emit('streamClosed', { error });
    this.#dependencies.onClosed();
  }

  /** Ends one life: nothing of it runs afterwards. */
  #end({ path, view, uploader }: Life, error: KvsError): void {
    this.#silenceTimer?.cancel();
    path.close(
      new KvsError(
        'STATUS_BLOCKING_PUT_INTERRUPTED_STREAM_TERMINATED',
        `A frame was waiting for room when stream ${this.name} ended: ${error.message}`,
        { cause: error },
      ),
    );
    uploader?.close();
    view.clear('reset');
    view.close();
    this.#reports.flush();
  }

  /** Intermittent producers: after a silence the service need not wait for the fragment's end. */
  #watchSilence(): void {
    const { clock, device } = this.#dependencies;
    if (device.clientInfo.automaticStreaming !== 'intermittent') return;
    this.#silenceTimer?.cancel();
    this.#silenceTimer = clock.after(SILENCE_CHECK_MS, () => {
      const state = this.#state;
      if (state.kind !== 'new' && state.kind !== 'ready') return;
      const { packager, path } = state.life;
      const silentMs = clock.monotonicMs() - this.#reports.lastStoredMs;
      if (packager.hasOpenFragment && !path.isBlocked && silentMs >= SILENCE_MS) {
        this.#log.debug('no frames: the fragment is ended', { silentMs: Math.round(silentMs) });
        path.flush();
        packager.endFragment();
      }
      this.#watchSilence();
    });
  }

  #to(state: State): void {
    if (state.kind !== this.#state.kind) {
      this.#log.debug(`${this.#state.kind} -> ${state.kind}`);
    }
    this.#state = state;
  }
}

function asKvsError(error: unknown): KvsError {
  if (error instanceof KvsError) return error;
  return new KvsError('STATUS_INTERNAL_ERROR', `Unexpected: ${String(error)}`, { cause: error });
}

function sumOf(tracks: readonly Track[]): TimestampCounters {
  const sum = { missing: 0, repeated: 0, backward: 0, forwardJumps: 0 };
  for (const { timeline } of tracks) {
    sum.missing += timeline.counters.missing;
    sum.repeated += timeline.counters.repeated;
    sum.backward += timeline.counters.backward;
    sum.forwardJumps += timeline.counters.forwardJumps;
  }
  return sum;
}
