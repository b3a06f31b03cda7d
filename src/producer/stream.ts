import { asKvsError, KvsError } from '../errors/kvs-error.ts';
import type { TrackDescription } from '../media/codec/codec-adapter.ts';
import type { AbortSignalLike } from '../runtime/abort-signal-like.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ContentStore } from '../storage/content-store.ts';
import { Emitter } from './events/emitter.ts';
import type { DroppedFrames, StreamEvents } from './events/events.ts';
import type { StreamMetrics } from './events/metrics.ts';
import type { ResolvedDeviceInfo } from './info/device-info.ts';
import type { EventKind, EventMetadata } from './info/event-metadata.ts';
import type { Frame, NeededFrom } from './info/frame.ts';
import type { MediaSource } from './info/media-source.ts';
import type { ResolvedStreamInfo } from './info/stream-info.ts';
import type { TrackInfo } from './info/track-info.ts';
import type { ClockMeasurement } from './life/clock-watch.ts';
import { type OpenUploader, StreamLife } from './life/stream-life.ts';
import { whenReady } from './life/stream-ready.ts';
import { MetadataQueue } from './packaging/metadata-queue.ts';
import { StreamReports } from './reports/stream-reports.ts';
import { SourceRun } from './sources/source-run.ts';
import { assumedDescription } from './tracks/track.ts';

/**
 * What a stream has from its producer.
 * @internal
 */
export type StreamDependencies = {
  readonly device: ResolvedDeviceInfo;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly openUploader: OpenUploader;
  readonly onStoragePressure: (remainingBytes: number) => void;
  readonly onClosed: () => void;
};

/** new: not ready yet; ready: the service knows the stream; stopping: draining; stopped: ended. */
export type StreamState = 'new' | 'ready' | 'stopping' | 'stopped';

type State =
  | { readonly kind: 'new'; readonly life: StreamLife }
  | { readonly kind: 'ready'; readonly life: StreamLife }
  | { readonly kind: 'stopping'; readonly life: StreamLife; readonly done: Promise<void> }
  /** It has failed, and says so. */
  | { readonly kind: 'failing'; readonly life: StreamLife; readonly error: KvsError }
  | { readonly kind: 'stopped'; readonly error: KvsError | undefined };

/**
 * A stream of a KinesisVideoProducer: takes frames, cuts them into fragments, buffers and sends
 * them. Made by KinesisVideoProducer.createStream; sends as soon as the service is reached, and
 * takes frames at once.
 */
export class KinesisVideoStream extends Emitter<StreamEvents> {
  /** As given, with every default filled in. */
  readonly info: ResolvedStreamInfo;
  readonly #dependencies: StreamDependencies;
  readonly #log: Logger;
  readonly #metadata = new MetadataQueue();
  readonly #reports: StreamReports;
  /** The present life, or the last one. */
  #life: StreamLife;
  #state: State;

  /**
   * For KinesisVideoProducer.createStream.
   * @internal
   */
  static create(info: ResolvedStreamInfo, dependencies: StreamDependencies): KinesisVideoStream {
    return new KinesisVideoStream(info, dependencies);
  }

  private constructor(info: ResolvedStreamInfo, dependencies: StreamDependencies) {
    const { clock } = dependencies;
    super((error) => this.#log.error('a listener threw', { error: String(error) }));
    this.info = info;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ stream: this.name });
    const { device, store, onStoragePressure } = dependencies;
    this.#reports = new StreamReports(
      { info, device, store, clock, log: this.#log, events: this, onStoragePressure },
      {
        view: () => this.#life.view,
        metrics: () => this.metrics(),
        correctionNs: () => this.#life.packager.correctionNs,
        hasBacklog: () => (this.#life.spool?.status.fragments ?? 0) > 0,
        resetConnection: (reason) => this.#life.resetConnection(reason),
        fail: (error) => this.#onFatal(this.#life, error),
      },
    );
    this.#life = this.#begin();
    this.#state = { kind: 'new', life: this.#life };
  }

  /** Name or ARN, for logs. */
  get name(): string {
    return this.info.streamName ?? this.info.streamArn ?? '';
  }

  /** `new`, `ready`, `stopping` or `stopped`. */
  get state(): StreamState {
    const { kind } = this.#state;
    return kind === 'failing' ? 'stopped' : kind;
  }

  /**
   * Codec private data of a track, before its first frame (upstream's `start`): avcC or hvcC,
   * parameter sets in Annex B, AudioSpecificConfig, … A track that only its kind is known of is
   * taken for what contentType says, or else for H.264 or raw AAC.
   * @throws KvsError when it is not what the track's media type promises.
   */
  start(codecPrivateData: Uint8Array, trackId = 1): void {
    const track = this.#live().path.track(trackId);
    const { contentType, trackInfoList } = this.info;
    const given = contentType?.split(',')[trackInfoList.indexOf(track.info)];
    const description = track.description ?? assumedDescription(track.info, given);
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
   * The stream's tracks at present: trackInfoList, with what addTrack and removeTrack made of it
   * and setTrackFormat said of it.
   */
  get tracks(): readonly TrackInfo[] {
    return this.#life.tracks.present.map(({ info, description }) =>
      description === undefined ? info : { ...info, description },
    );
  }

  /**
   * Another track joins a stream that may be under way. Before the first fragment it is waited for
   * as any other (trackWaitMs); later it joins with the next fragment after its first frame, in a
   * PutMedia session whose header has it, and no track waits for it. A track that was removed may
   * be added again under its id, as the same kind of medium.
   * @throws KvsError STATUS_MAX_TRACK_COUNT_EXCEEDED for a fourth track,
   * STATUS_DUPLICATE_TRACK_ID_FOUND for an id that another track has or had.
   */
  addTrack(info: TrackInfo): void {
    this.#live().path.addTrack(info);
    this.#log.info('track added', { track: info.trackId, name: info.trackName });
  }

  /**
   * The track leaves: what was put of it is stored, and from the next fragment on the session is
   * without it. Its frames are refused from now on.
   * @throws KvsError STATUS_MKV_TRACK_INFO_NOT_FOUND
   */
  removeTrack(trackId: number): void {
    this.#live().path.removeTrack(trackId);
    this.#log.info('track removed', { track: trackId });
  }

  /** Nothing waits any longer for tracks that may be added (moreTracksWaitMs). One still may be. */
  noMoreTracks(): void {
    this.#live().path.noMoreTracks();
  }

  /**
   * Takes one frame. In realtime it is copied within the call, or left out and counted; nothing
   * blocks and nothing is thrown for want of room. Offline a promise is returned while the store
   * is full: it resolves when the frame was taken, and its bytes must not change before.
   * @throws KvsError for a frame that can never be used: unknown track, no bytes, stopped stream.
   */
  putFrame(frame: Frame): Promise<void> | undefined {
    const life = this.#live();
    const { path, watch } = life;
    this.#reports.meter.totalFrames += 1;
    if (!watch.hasBegun) watch.begin();
    // The frame may begin a fragment: at the right time then.
    if (frame.isKeyFrame) life.onClockError(watch.look());
    try {
      return path.put(frame);
    } catch (error) {
      this.#reports.meter.putFrameErrors += 1;
      throw error;
    }
  }

  /**
   * Runs a source: puts what it produces until it has no more, `signal` aborts, or the stream ends.
   * Then the source is stopped, and the promise resolves; the stream goes on, and may have other
   * sources at the same time or later. Frames without a time get that of their arrival, or offline
   * follow the one before.
   * @throws KvsError what the stream failed with, or why it refused the source's frame or format;
   * or else what `start` rejected with.
   */
  async putSource(
    source: MediaSource,
    options: { readonly signal?: AbortSignalLike } = {},
  ): Promise<void> {
    this.#live();
    await new SourceRun(this, this.#dependencies.clock).run(source, options.signal);
  }

  /**
   * What becomes of frames that find the store full. True: they wait, as offline (the promise of
   * putFrame), and none is dropped: for a source that can be slowed down. False: the oldest
   * fragments go. Until it is called, streamingType decides.
   * @param aheadBytes they also wait while more than this, in whole fragments, is not sent yet
   */
  setBackPressure(waits: boolean, aheadBytes: number = Number.POSITIVE_INFINITY): void {
    const { view } = this.#live();
    view.mayDrop = !waits;
    view.aheadBytes = aheadBytes;
    view.roomMade();
  }

  /**
   * Adds a name and value to the next fragment, or (persistent) to every one from now on; a
   * persistent name with an empty value takes it back. Ten items go with a fragment at most.
   * @throws KvsError for what KVS refuses, and when 25 items wait already.
   */
  putFragmentMetadata(name: string, value: string, persistent = true, position?: number): void {
    this.#live();
    this.#metadata.put(name, value, persistent, position);
  }

  /**
   * Marks the next fragment for image generation or notification (or both).
   * @throws KvsError as putFragmentMetadata, and before the first frame.
   */
  putEventMetadata(
    events: EventKind | readonly EventKind[],
    metadata: EventMetadata = {},
    position?: number,
  ): void {
    if (!this.#live().packager.hasStarted) {
      throw new KvsError(
        'STATUS_STREAM_NOT_STARTED',
        'Event metadata was put before the first frame of the stream',
        { advice: 'Put a frame first.' },
      );
    }
    this.#metadata.putEvents(typeof events === 'string' ? [events] : events, metadata, position);
  }

  /**
   * Ends the fragment now, so that the service persists it without waiting for the next one. What
   * follows begins with a key frame. Offline a promise is returned while the store is full: it
   * resolves when the fragment has ended, behind the frames that wait, or the stream has. KVS takes
   * five fragments a second: a fragment that would be followed by one more goes on.
   * @throws KvsError STATUS_STREAM_NOT_STARTED before the first frame, and
   * STATUS_MULTIPLE_CONSECUTIVE_EOFR when the fragment has ended already.
   */
  endFragment(): Promise<void> | undefined {
    const { path, packager } = this.#live();
    if (path.endsWithEnd || (path.isEmpty && !packager.hasOpenFragment)) {
      throw packager.hasStarted
        ? new KvsError('STATUS_MULTIPLE_CONSECUTIVE_EOFR', 'The fragment has ended already', {
            advice: 'Put a frame before the fragment is ended again.',
          })
        : new KvsError('STATUS_STREAM_NOT_STARTED', 'There is no fragment to end');
    }
    return path.cut('end');
  }

  /**
   * The clock of the frames' times is ahead of the machine's by so much. Before the first frame.
   * @internal
   */
  stampsAhead(aheadMs: number): void {
    this.#live().watch.begin(aheadMs);
  }

  /**
   * For the producer: an answer of the service told its time.
   * @internal
   */
  clockMeasured(measured: ClockMeasurement): void {
    const state = this.#state;
    if (state.kind === 'stopped') return;
    state.life.onClockError(state.life.watch.measured(measured));
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
    const { path } = this.#live();
    void path.cut('break');
    path.restartTimelines();
  }

  /**
   * Counts and tells frames that were lost on their way to putFrame.
   * @internal
   */
  leftOut(trackId: number, drop: DroppedFrames): void {
    this.#reports.leftOut(trackId, drop);
  }

  /** Makes the connection anew; the buffer is kept, and what is not acknowledged sent again. */
  resetConnection(): void {
    const reason = 'The application has reset the connection';
    this.#life.resetConnection(new KvsError('STATUS_SERVICE_CALL_TIMEOUT_ERROR', reason));
  }

  /**
   * Begins anew: what is buffered is dropped (and counted), metadata forgotten, the control plane
   * asked again. Also brings a stopped stream back.
   */
  resetStream(): void {
    const isStopped = this.#state.kind === 'stopped';
    this.#life.end(new KvsError('STATUS_STREAM_SHUTTING_DOWN', 'The stream was reset'));
    this.#metadata.clear();
    this.#log.info('stream reset');
    this.#life = this.#begin(isStopped ? undefined : this.tracks);
    this.#to({ kind: 'new', life: this.#life });
  }

  /**
   * Resolves when the stream is ready.
   * @throws KvsError the fatal error, or STATUS_OPERATION_TIMED_OUT after `timeoutMs`.
   */
  ready(
    timeoutMs: number = this.#dependencies.device.clientInfo.createStreamTimeoutMs,
  ): Promise<void> {
    const state = this.#state;
    if (state.kind === 'ready') return Promise.resolve();
    const closed = (): KvsError => this.#stoppedError(undefined);
    if ('error' in state) return Promise.reject(state.error ?? closed());
    return whenReady(this.name, this, this.#dependencies.clock, timeoutMs, closed);
  }

  /**
   * Ends the stream: packages what waits, sends what is left and waits until the service has
   * persisted it (received it, when nothing is retained; taken it, without acknowledgements).
   * The stream is closed in any case.
   * @throws KvsError STATUS_OPERATION_TIMED_OUT after `timeoutMs`, or the fatal error.
   */
  stop(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const state = this.#state;
    if ('error' in state) {
      return state.error === undefined ? Promise.resolve() : Promise.reject(state.error);
    }
    if (state.kind === 'stopping') return state.done;
    const timeoutMs = options.timeoutMs ?? this.#dependencies.device.clientInfo.stopStreamTimeoutMs;
    const done = this.#drain(state.life, timeoutMs);
    if (this.#state === state) this.#to({ kind: 'stopping', life: state.life, done });
    return done;
  }

  /**
   * As `stop()`, for `await using`.
   * @throws KvsError as stop, also when the stream has failed before
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Resolves when what a stream that has ended leaves to its spool is on the disk.
   * @internal
   */
  get kept(): Promise<void> {
    return this.#life.kept;
  }

  /** Ends everything now; what was not sent is lost. Idempotent. */
  close(): void {
    const state = this.#state;
    if (state.kind === 'stopped') return;
    this.#stopped(state.life, state.kind === 'failing' ? state.error : undefined);
  }

  /**
   * From which positions on (Frame.position) the caller's frames and metadata are not settled yet:
   * what another process would have to be given to take this one's place. Frames that do not stand
   * alone count from their key frame.
   * @internal
   */
  get neededFrom(): NeededFrom {
    const { neededFrom, path } = this.#life;
    const { frames, metadata } = neededFrom;
    return {
      frames: Math.min(frames, path.neededFrom),
      metadata: Math.min(metadata, this.#metadata.neededFrom),
    };
  }

  /**
   * Heap bytes of the buffer's own structures; for the producer's metrics.
   * @internal
   */
  get viewStructureBytes(): number {
    return this.#life.view.structureBytes;
  }

  /** All figures; cheap enough to ask for every second. */
  metrics(): StreamMetrics {
    const { view, spool, counters, tracks } = this.#life;
    const figures = this.#reports.meter.snapshot(view, counters, tracks.timestampCounters);
    return spool === undefined ? figures : { ...figures, spool: spool.status };
  }

  /** @throws KvsError STATUS_STREAM_HAS_BEEN_STOPPED */
  #live(): StreamLife {
    const state = this.#state;
    if (state.kind === 'new' || state.kind === 'ready') return state.life;
    throw this.#stoppedError('error' in state ? state.error : undefined);
  }

  #stoppedError(cause: KvsError | undefined): KvsError {
    return new KvsError(
      'STATUS_STREAM_HAS_BEEN_STOPPED',
      `Stream ${this.name} has ended${cause === undefined ? '' : `: ${cause.message}`}`,
      { cause },
    );
  }

  #begin(tracks: readonly TrackInfo[] = this.info.trackInfoList): StreamLife {
    return new StreamLife(
      {
        ...this.#dependencies,
        name: this.name,
        info: this.info,
        log: this.#log,
        events: this,
        reports: this.#reports,
        metadata: this.#metadata,
        onReady: (life, streamArn) => this.#onReady(life, streamArn),
        onFatal: (life, error) => this.#onFatal(life, error),
      },
      tracks,
    );
  }

  #onReady(life: StreamLife, streamArn: string): void {
    if (this.#state.kind === 'new') this.#to({ kind: 'ready', life });
    this.emit('streamReady', { streamArn });
  }

  #onFatal(life: StreamLife, error: KvsError): void {
    const { kind } = this.#state;
    if (kind === 'stopped' || kind === 'failing') return;
    // A drain under way hears of it from the uploader, and ends the stream itself.
    const endsAtOnce = kind !== 'stopping' || !life.hasUploader;
    if (endsAtOnce) this.#to({ kind: 'failing', life, error });
    this.#log.error('stream failed', { error: error.describe() });
    this.emit('streamError', { error, fatal: true });
    // Who waits for another event by once() or on() of node:events is told that it will not come.
    this.emit('error', error);
    if (endsAtOnce) this.#stopped(life, error);
  }

  async #drain(life: StreamLife, timeoutMs: number): Promise<void> {
    try {
      await life.drain(timeoutMs);
      this.#stopped(life, undefined);
    } catch (error) {
      this.#stopped(life, asKvsError(error));
      throw error;
    }
  }

  #stopped(life: StreamLife, error: KvsError | undefined): void {
    if (this.#state.kind === 'stopped' || life !== this.#life) return;
    this.#to({ kind: 'stopped', error });
    life.end(error);
    this.emit('streamClosed', { error });
    this.#dependencies.onClosed();
  }

  #to(state: State): void {
    if (state.kind !== this.#state.kind) this.#log.debug(`${this.#state.kind} -> ${state.kind}`);
    this.#state = state;
  }
}
