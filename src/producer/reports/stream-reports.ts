import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ThrottledLog } from '../../runtime/throttled-log.ts';
import type { ContentStore } from '../../storage/content-store.ts';
import type { DropNotice } from '../../storage/drops.ts';
import type { StoredFragment } from '../../storage/stored-fragment.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { Emitter } from '../events/emitter.ts';
import { type DroppedFrames, preventable, type StreamEvents } from '../events/events.ts';
import { StreamMeter, type StreamMetrics } from '../events/metrics.ts';
import type { ResolvedDeviceInfo } from '../info/device-info.ts';
import type { ResolvedStreamInfo } from '../info/stream-info.ts';
import type { BeginReason, JoinReason } from '../packaging/boundary.ts';
import type { Beginning, LossReason } from '../packaging/packager-events.ts';
import type { TimesDoubt } from '../tracks/presentation-times.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import { BitrateAdvisor } from './bitrate-advisor.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { LatencyGuard } from './latency-guard.ts';
import { LossReport } from './loss-report.ts';
import { DOUBT_TEXTS, DROP_TEXTS, JOIN_TEXTS, LOSS_TEXTS, SPLIT_TEXTS } from './stream-texts.ts';
import { UnusableWatch } from './unusable-watch.ts';
import { Warnings } from './warnings.ts';

/** Between two pressure events of a kind. */
const PRESSURE_QUIET_MS = 1_000;
const NS_PER_MS = 1_000_000n;
/** What a stream's present bit rate is taken from, the one being written included. */
const RATE_FRAGMENTS = 4;

/** What the reports have from their stream. */
export type ReportContext = {
  readonly info: ResolvedStreamInfo;
  readonly device: ResolvedDeviceInfo;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Emitter<StreamEvents>;
  readonly onStoragePressure: (remainingBytes: number) => void;
};

/** The stream that is reported on; its view is another one after a reset. */
export type ReportSubject = {
  view(): StreamView;
  metrics(): StreamMetrics;
  /** Added to frames' times: what their clock was found to be wrong by. */
  correctionNs(): bigint;
  /** Older fragments are in the spool: of course the newer ones wait. */
  hasBacklog(): boolean;
  resetConnection(reason: KvsError): void;
  /** Nothing of what comes can be stored. */
  fail(error: KvsError): void;
};

/** Frames that are left out because a decoder has no use for them. */
const SKIPPED: ReadonlySet<LossReason> = new Set<LossReason>([
  'no-key-frame',
  'not-decodable',
  'corrupted',
  'no-format',
]);

/** The others are reported with the error that they come with, or by the store. */
function isWarned(
  reason: LossReason,
): reason is 'no-key-frame' | 'not-decodable' | 'corrupted' | 'no-format' {
  return SKIPPED.has(reason);
}

/** Of the newest fragments that are complete. */
function bitsPerSecond(view: StreamView): number {
  const newest = view.newest?.index ?? 0;
  let bytes = 0;
  let durationNs = 0n;
  for (let index = newest; index > newest - RATE_FRAGMENTS; index -= 1) {
    const fragment = view.get(index);
    if (fragment?.complete !== true) continue;
    bytes += fragment.byteLength;
    durationNs += fragment.endNs - fragment.startNs;
  }
  return durationNs === 0n ? 0 : Math.round((bytes * 8e9) / Number(durationNs));
}

/** What happens to a stream's frames and fragments: counted, logged, and emitted as events. */
export class StreamReports {
  readonly meter: StreamMeter;
  /** Monotonic ms of the last frame that was stored. */
  lastStoredMs = 0;
  readonly #context: ReportContext;
  readonly #subject: ReportSubject;
  readonly #throttled: ThrottledLog;
  readonly #losses: LossReport;
  readonly #warnings: Warnings;
  readonly #keyFrames: KeyFrameRequests;
  readonly #latency: LatencyGuard;
  readonly #bitrate: BitrateAdvisor;
  #unusable = new UnusableWatch();
  #lastMetricsMs = Number.NEGATIVE_INFINITY;
  #storagePressureMs = Number.NEGATIVE_INFINITY;
  #bufferPressureMs = Number.NEGATIVE_INFINITY;

  constructor(context: ReportContext, subject: ReportSubject) {
    const { clock, info, log, events } = context;
    this.#context = context;
    this.#subject = subject;
    this.meter = new StreamMeter(clock, {
      frameRate: info.frameRate,
      avgBandwidthBps: info.avgBandwidthBps,
      recalculate: info.recalculateMetrics,
    });
    this.#throttled = new ThrottledLog(clock, log);
    this.#losses = new LossReport(
      clock,
      (drop) => events.emit('droppedFrame', drop),
      (ptsNs) => ptsNs + subject.correctionNs(),
    );
    this.#warnings = new Warnings(clock, (warning) => events.emit('streamWarning', { warning }));
    this.#keyFrames = new KeyFrameRequests(clock, (trackId) =>
      events.emit('keyFrameWanted', { trackId }),
    );
    this.#latency = new LatencyGuard(clock, info.maxLatencyMs);
    this.#bitrate = new BitrateAdvisor((advice) => events.emit('bitrateAdvice', advice));
  }

  /** Tells what was held back. */
  flush(): void {
    this.#losses.end();
    this.#warnings.end();
    this.#throttled.flush();
    this.#unusable = new UnusableWatch();
  }

  /** No frame comes any more. @returns the error of a stream that had frames and stored none. */
  unusable(): KvsError | undefined {
    return this.#unusable.end();
  }

  /** A key frame of this track would help. */
  keyFrameWanted(track: Track): void {
    this.#keyFrames.want(track.id);
  }

  /** The frames of a track are of another stream format than its caps say. */
  misdeclared(track: Track): void {
    this.#warnings.add('misdeclared', track.id);
  }

  /** A track's times were far from the leading track's. */
  rebased(track: Track, byNs: bigint): void {
    this.#throttled.warn(
      'rebased',
      'timestamps of a track are far from those of the leading track, which it now follows',
      { track: track.id, byMs: Number(byNs / NS_PER_MS) },
    );
  }

  /** The timecode scale is too small for fragments of a second. */
  rescaled(usedNs: number): void {
    this.#context.log.warn('the timecode scale is raised: fragments of a second would not fit', {
      timecodeScaleNs: this.#context.info.timecodeScaleNs,
      usedNs,
    });
  }

  /** A frame lies before the fragment that it comes in. */
  early(track: Track): void {
    this.#throttled.warn(
      'early',
      'frames arrive too late for their own fragment and are stored in the next, with timestamps before it',
      { track: track.id },
    );
  }

  /** Presentation times of a track without any could not be derived, or not all of them. */
  doubted(track: Track, doubt: TimesDoubt): void {
    const error = new KvsError(
      'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
      `Track ${track.id}: ${DOUBT_TEXTS[doubt]}`,
      {
        advice:
          'Have the source set presentation times: read from a container (mp4, mkv) that has them.',
      },
    );
    this.#context.log.warn(DOUBT_TEXTS[doubt], { track: track.id });
    this.#context.events.emit('streamError', { error, fatal: false });
  }

  /** A frame is in the store. */
  stored(frame: PendingFrame): void {
    const view = this.#subject.view();
    this.meter.storedFrames += 1;
    this.lastStoredMs = frame.putMs;
    if (frame.track.kind === 'video') this.meter.videoFrame(frame.putMs, frame.ptsNs);
    if (this.#losses.hasUntold) this.#losses.over(frame.track.id);
    if (this.#warnings.hasOngoing) this.#warnings.over(frame.track.id);
    if (!this.#unusable.isUsable) this.#unusable.stored();
    if (this.#context.events.has('streamDataAvailable')) {
      this.#context.events.emit('streamDataAvailable', view.unread());
    }
    const { store } = this.#context;
    const isStoreFull = store.pool.freeChunks <= store.pressureChunks;
    if (view.mayDrop && (isStoreFull || view.isUnderDurationPressure)) {
      this.#checkPressure(view, frame.putMs, isStoreFull);
    }
  }

  #checkPressure(view: StreamView, nowMs: number, isStoreFull: boolean): void {
    const { store, onStoragePressure } = this.#context;
    if (isStoreFull && nowMs - this.#storagePressureMs >= PRESSURE_QUIET_MS) {
      this.#storagePressureMs = nowMs;
      this.meter.storagePressures += 1;
      this.#context.events.emit('storageOverflowPressure', { remainingBytes: store.freeBytes });
      onStoragePressure(store.freeBytes);
    }
    if (view.isUnderDurationPressure && nowMs - this.#bufferPressureMs >= PRESSURE_QUIET_MS) {
      this.#bufferPressureMs = nowMs;
      this.meter.bufferPressures += 1;
      const leftNs =
        BigInt(Math.round(this.#context.info.bufferDurationMs)) * NS_PER_MS - view.durationNs;
      this.#context.events.emit('bufferDurationOverflowPressure', {
        remainingNs: leftNs > 0n ? leftNs : 0n,
      });
    }
  }

  /** A frame was left out. */
  lost(frame: PendingFrame, reason: LossReason, error: KvsError | undefined): void {
    if (SKIPPED.has(reason)) this.meter.skippedFrames += 1;
    else this.meter.droppedFrames += 1;
    if (reason === 'invalid') this.meter.putFrameErrors += 1;
    this.#losses.add(frame.ptsNs, reason, frame.track.id);
    if (isWarned(reason)) this.#warnings.add(reason, frame.track.id);
    const unusable = this.#unusable.lost(frame, reason, error);
    // Not within the frame's own turn: the packager is still at work with it.
    if (unusable !== undefined) queueMicrotask(() => this.#subject.fail(unusable));
    const isNew = this.#throttled.warn(`lost-${reason}`, LOSS_TEXTS[reason], {
      track: frame.track.id,
      error: error?.message,
    });
    if (isNew && error !== undefined) {
      this.#context.events.emit('streamError', { error, fatal: false });
    }
  }

  /** Frames were lost on their way to the stream. */
  leftOut(trackId: number, { frames, ptsNs, reason }: DroppedFrames): void {
    this.meter.totalFrames += frames;
    this.meter.droppedFrames += frames;
    for (let i = 0; i < frames; i += 1) this.#losses.add(ptsNs, reason, trackId);
    this.#throttled.warn(`left-out-${reason}`, 'frames were lost in front of the producer', {
      track: trackId,
      reason,
    });
  }

  /** The service has all of a fragment that it did not have before. */
  received(fragment: StoredFragment): void {
    const view = this.#subject.view();
    // A source that can be slowed down is.
    if (!view.mayDrop) return;
    const durationMs = Number((fragment.endNs - fragment.startNs) / NS_PER_MS);
    this.#bitrate.received({
      nowMs: this.#context.clock.monotonicMs(),
      bytes: fragment.byteLength,
      readyMs: fragment.arrivedMs + durationMs,
      streamBitsPerSecond: bitsPerSecond(view),
    });
  }

  /** The connection is not, or no longer, there. */
  disconnected(): void {
    this.#bitrate.interrupted();
  }

  /** A fragment was settled or dropped. */
  left(): void {
    this.#context.events.emit('fragmentLeft', undefined);
  }

  /** A fragment, or a frame of it, left the buffer without having been settled. */
  dropped({ fragment, reason, frames, lost, isWhole }: DropNotice): void {
    if (reason === 'rejected') this.meter.skippedFrames += frames;
    else if (lost || reason === 'not-persisted') this.meter.droppedFrames += frames;
    else return;
    this.#throttled.warn(`drop-${reason}`, DROP_TEXTS[reason], {
      fragment: fragment.index,
      frames,
    });
    if (!isWhole) {
      this.#losses.add(fragment.endNs - this.#subject.correctionNs(), reason);
      return;
    }
    this.meter.droppedFragments += 1;
    this.#context.events.emit('droppedFragment', {
      index: fragment.index,
      timecode: fragment.timecode,
      startNs: fragment.startNs,
      frames,
      bytes: fragment.byteLength,
      reason,
    });
  }

  /** A fragment begins. */
  began(reason: BeginReason | undefined, { isNewFormat, isKeyFrame, track }: Beginning): void {
    if (isNewFormat && reason !== undefined) {
      this.#context.log.info('new session format', { reason });
    }
    if (reason === 'split-duration' && !isKeyFrame) this.#warnings.add('long-gop', track.id);
    const text = reason === undefined ? undefined : SPLIT_TEXTS[reason];
    if (text !== undefined) this.#throttled.warn(reason ?? '', text);
    this.#checkLatency();
    this.#reportMetrics();
  }

  /** A fragment goes on where another could have begun. */
  joined(reason: JoinReason): void {
    this.#throttled.warn(`joined-${reason}`, JOIN_TEXTS[reason]);
  }

  #checkLatency(): void {
    if (!this.#latency.isOn) return;
    const { durationNs } = this.#subject.view().unread();
    if (!this.#latency.isOver(durationNs)) return;
    this.meter.latencyPressures += 1;
    const { preventDefault, wasPrevented } = preventable();
    this.#context.events.emit('streamLatencyPressure', { bufferedNs: durationNs, preventDefault });
    if (wasPrevented() || this.#subject.hasBacklog() || !this.#latency.mayReset()) return;
    const waiting = durationText(Number(durationNs / NS_PER_MS));
    const allowed = durationText(this.#context.info.maxLatencyMs);
    const text = `${waiting} of media are waiting to be sent; ${allowed} are allowed`;
    this.#subject.resetConnection(new KvsError('STATUS_SERVICE_CALL_TIMEOUT_ERROR', text));
  }

  #reportMetrics(): void {
    const { clock, device } = this.#context;
    const { logMetric, metricLoggingPeriodMs } = device.clientInfo;
    if (!logMetric) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lastMetricsMs < metricLoggingPeriodMs) return;
    this.#lastMetricsMs = nowMs;
    const metrics = this.#subject.metrics();
    this.#context.events.emit('metrics', metrics);
    const { timestamps, spool: _spool, ...fields } = metrics;
    this.#context.log.debug('metrics', { ...fields, ...timestamps });
  }
}
