import { asKvsError, KvsError } from '../../errors/kvs-error.ts';
import { countUndelivered, undeliveredText } from '../../putmedia/uploader/undelivered.ts';
import type {
  FragmentAck,
  Uploader,
  UploaderCounters,
  UploaderEvents,
} from '../../putmedia/uploader-api.ts';
import { type Clock, EARLIEST_MS } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ContentStore } from '../../storage/content-store.ts';
import type { FragmentSource, StoredFragment } from '../../storage/stored-fragment.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { Emitter } from '../events/emitter.ts';
import { preventable, type StreamEvents } from '../events/events.ts';
import type { ResolvedDeviceInfo } from '../info/device-info.ts';
import type { ResolvedStreamInfo } from '../info/stream-info.ts';
import type { TrackInfo } from '../info/track-info.ts';
import type { MetadataQueue } from '../packaging/metadata-queue.ts';
import type { Packager } from '../packaging/packager.ts';
import type { FramePath } from '../path/frame-path.ts';
import type { StreamReports } from '../reports/stream-reports.ts';
import type { TrackList } from '../tracks/track-list.ts';
import type { ClockError, ClockWatch } from './clock-watch.ts';
import { makeFramePipeline } from './frame-pipeline.ts';
import { isWithin } from './is-within.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { SpoolLink } from './spool-link.ts';

/** Makes the uploader once the way to AWS is known; rejects when there is none. */
export type OpenUploader = (
  source: FragmentSource,
  events: UploaderEvents,
  contentType: () => string | Promise<string>,
) => Promise<Uploader>;

/** What a life has from its stream. */
export type LifeContext = {
  /** For logs and errors. */
  readonly name: string;
  readonly info: ResolvedStreamInfo;
  readonly device: ResolvedDeviceInfo;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Emitter<StreamEvents>;
  readonly reports: StreamReports;
  readonly metadata: MetadataQueue;
  readonly openUploader: OpenUploader;
  /** The service knows the stream. */
  readonly onReady: (life: StreamLife, streamArn: string) => void;
  /** Nothing more can be sent. */
  readonly onFatal: (life: StreamLife, error: KvsError) => void;
};

/**
 * One use of a stream, from creation or reset to reset or close: the frames' way into the store,
 * and the uploader that empties it.
 */
export class StreamLife {
  readonly view: StreamView;
  readonly spool: SpoolLink | undefined;
  readonly tracks: TrackList;
  readonly packager: Packager;
  readonly path: FramePath;
  readonly watch: ClockWatch;
  readonly #context: LifeContext;
  readonly #opening: Promise<void>;
  readonly #silence: SilenceWatch | undefined;
  #uploader: Uploader | undefined;
  #end: { readonly error: KvsError | undefined; readonly kept: Promise<void> } | undefined;

  /** @param trackInfos the tracks that it begins with */
  constructor(context: LifeContext, trackInfos: readonly TrackInfo[]) {
    const { device, reports } = context;
    const pipeline = makeFramePipeline(context, trackInfos);
    this.#context = context;
    this.view = pipeline.view;
    this.spool = pipeline.spool;
    this.tracks = pipeline.tracks;
    this.packager = pipeline.packager;
    this.path = pipeline.path;
    this.watch = pipeline.watch;
    this.#silence =
      device.clientInfo.automaticStreaming === 'intermittent'
        ? new SilenceWatch({ ...context, lastStoredMs: () => reports.lastStoredMs }, pipeline)
        : undefined;
    this.#opening = this.#open();
  }

  /** False while the way to AWS is not known yet. */
  get hasUploader(): boolean {
    return this.#uploader !== undefined;
  }

  get counters(): UploaderCounters | undefined {
    return this.#uploader?.counters;
  }

  resetConnection(reason: KvsError): void {
    this.#uploader?.resetConnection(reason);
  }

  /** Tells that the clock of the frames' times is wrong, and sets it right if that is wanted. */
  onClockError(error: ClockError | undefined): void {
    const { info, events } = this.#context;
    if (info.clockErrors === 'correct') this.#tellSpool();
    if (error === undefined || this.#end !== undefined || info.clockErrors === 'ignore') return;
    // Told once, whether or not it is set right.
    this.watch.accept(error.byMs);
    // A certificate or a signature may have been refused for the wrong time.
    if (error.because === 'step') this.#uploader?.retryNow();
    const isCorrected = info.clockErrors === 'correct';
    const byNs = BigInt(error.byMs) * 1_000_000n;
    const corrected = isCorrected ? this.packager.correct(byNs) : undefined;
    events.emit('clockError', {
      ...error,
      isCorrected,
      correctedFragments: corrected?.fragments ?? 0,
      sentFragments: corrected?.sent ?? 0,
    });
  }

  /** What earlier runs have left may have times of a clock that was wrong. */
  #tellSpool(): void {
    const nowMs = this.watch.trueMs();
    if (nowMs >= EARLIEST_MS) this.spool?.tellTime(nowMs);
  }

  /**
   * Packages what waits, and resolves when all is sent and settled, or the life has ended.
   * @throws KvsError STATUS_OPERATION_TIMED_OUT, or what the life ended with
   */
  drain(timeoutMs: number): Promise<void> {
    const { spool } = this;
    if (spool === undefined) return this.#deliver(timeoutMs);
    const delivered = this.#deliver(spool.deliveryMs(timeoutMs));
    return spool.finish(delivered, this.view, timeoutMs, () => this.#uploader?.close());
  }

  /** From where the caller's frames and metadata in the buffer are neither settled nor on a disk. */
  get neededFrom(): { readonly frames: number; readonly metadata: number } {
    const held = this.view.neededFrom;
    const spooled = this.spool?.neededFrom;
    if (spooled === undefined) return held;
    return {
      frames: Math.min(held.frames, spooled.frames),
      metadata: Math.min(held.metadata, spooled.metadata),
    };
  }

  async #deliver(timeoutMs: number): Promise<void> {
    const { clock, name } = this.#context;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    this.#silence?.cancel();
    const packaged = Promise.all([this.path.finish(), this.#opening]);
    const isInTime = await isWithin(clock, timeoutMs, packaged);
    if (this.#end !== undefined) {
      if (this.#end.error !== undefined) throw this.#end.error;
      return;
    }
    if (!isInTime) {
      const left = undeliveredText(countUndelivered(this.view, () => false));
      const text = `${left} of stream ${name} could not be sent within ${durationText(timeoutMs)}`;
      throw new KvsError('STATUS_OPERATION_TIMED_OUT', text);
    }
    const unusable = this.#context.reports.unusable();
    if (unusable !== undefined) {
      this.#context.onFatal(this, unusable);
      throw unusable;
    }
    await this.#uploader?.drain(Math.max(0, deadlineMs - clock.monotonicMs()));
  }

  /** Resolves when what its end has left to the spool is on the disk. */
  get kept(): Promise<void> {
    return this.#end?.kept ?? Promise.resolve();
  }

  /** Nothing of it runs afterwards, but for what `kept` waits for. Idempotent. */
  end(error: KvsError | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error, kept: Promise.resolve() };
    this.#silence?.cancel();
    this.#uploader?.close();
    // What ends the stream need not end what waits: another start may send it.
    const heir = error === undefined ? undefined : this.spool;
    if (heir !== undefined) this.path.finish().catch(() => {});
    this.path.close(
      new KvsError(
        'STATUS_BLOCKING_PUT_INTERRUPTED_STREAM_TERMINATED',
        `A frame was waiting for room when stream ${this.#context.name} ended${error === undefined ? '' : `: ${error.message}`}`,
        { cause: error },
      ),
    );
    if (heir === undefined) this.#giveUp();
    else this.#end = { error, kept: heir.keep(this.view).then(() => this.#giveUp()) };
  }

  #giveUp(): Promise<void> | undefined {
    this.view.clear('reset');
    this.view.close();
    this.#context.reports.flush();
    return this.spool?.close();
  }

  async #open(): Promise<void> {
    const { openUploader, onFatal } = this.#context;
    try {
      await this.spool?.open();
      if (this.#context.info.clockErrors === 'correct') this.#tellSpool();
      const source = this.spool?.sourceOf(this.view) ?? this.view;
      const uploader = await openUploader(source, this.#uploaderEvents(), () =>
        this.#contentTypeInTime(),
      );
      if (this.#end !== undefined) {
        uploader.close();
        return;
      }
      this.#uploader = uploader;
      uploader.start();
    } catch (error) {
      if (this.#end === undefined) onFatal(this, asKvsError(error));
    }
  }

  /** For the creation of the stream, which waits for tracks as the first fragment does. */
  #contentTypeInTime(): string | Promise<string> {
    const { clock, info } = this.#context;
    const { moreTracksWaitMs } = info;
    if (moreTracksWaitMs === 0 || info.contentType !== undefined) return this.#contentType();
    return isWithin(clock, moreTracksWaitMs, this.path.tracksKnown).then(() => this.#contentType());
  }

  #contentType(): string {
    const { info } = this.#context;
    const known = this.tracks.present
      .map(({ contentType }) => contentType)
      .filter((type) => type !== '');
    return info.contentType ?? this.packager.contentType ?? known.join(',');
  }

  #uploaderEvents(): UploaderEvents {
    const { events, reports, onReady, onFatal } = this.#context;
    return {
      ready: (streamArn) => {
        if (this.#end === undefined) onReady(this, streamArn);
      },
      connection: (state) => {
        if (state.kind !== 'streaming') reports.disconnected();
        events.emit('connectionState', state);
      },
      ack: (ack, fragment, session) => this.#onAck(ack, fragment, session),
      error: (error, { fatal }) => {
        if (!fatal) events.emit('streamError', { error, fatal });
        else if (this.#end === undefined) onFatal(this, error);
      },
      stale: (lastAckAgoMs, reason) => {
        const { preventDefault, wasPrevented } = preventable();
        events.emit('streamConnectionStale', { lastAckAgoMs, reason, preventDefault });
        return !wasPrevented();
      },
    };
  }

  #onAck(ack: FragmentAck, fragment: StoredFragment | undefined, session: number): void {
    const { info, clock, reports, events } = this.#context;
    const latencyMs = fragment === undefined ? undefined : clock.monotonicMs() - fragment.arrivedMs;
    const last = info.retentionHours > 0 ? 'PERSISTED' : 'RECEIVED';
    if (latencyMs !== undefined && ack.type === last) reports.meter.acknowledged(latencyMs);
    const hasAll = ack.type === 'RECEIVED' || ack.type === 'PERSISTED';
    if (hasAll && fragment?.wasReceived === false) reports.received(fragment);
    if (!events.has('fragmentAck')) return;
    events.emit('fragmentAck', { ack, session, fragment: fragment?.index, latencyMs });
  }
}
