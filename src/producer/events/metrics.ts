import { newCounters } from '../../putmedia/uploader/counters.ts';
import type { UploaderCounters } from '../../putmedia/uploader-api.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SpoolStatus } from '../../spool/progress.ts';
import type { StreamView } from '../../storage/stream-view.ts';

/** What was done to a track's times; only ever grows. */
export type TimestampCounters = {
  /** PTS and DTS were both missing. */
  missing: number;
  /** The same times as the frame before. */
  repeated: number;
  /** Behind the frame before. */
  backward: number;
  /** More than ten seconds ahead of the frame before. */
  forwardJumps: number;
};

/** Weight of a new value in an exponential average (upstream's EMA alpha). */
const ALPHA = 0.05;
/** The transfer rate is measured over at least this long. */
const RATE_INTERVAL_MS = 200;

/** Everything that upstream's StreamMetrics has, in ns, ms and bytes, and what it lacks. */
export type StreamMetrics = {
  /** Media that has not been sent yet. */
  readonly currentViewDurationNs: bigint;
  readonly currentViewBytes: number;
  /** Media in the buffer: not sent, or not acknowledged yet. */
  readonly overallViewDurationNs: bigint;
  readonly overallViewBytes: number;
  /** Video frames per second of the clock. */
  readonly currentFrameRate: number;
  /** Video frames per second of their own times. */
  readonly elementaryFrameRate: number;
  /** Bytes per second. */
  readonly currentTransferRate: number;
  readonly uptimeMs: number;
  readonly transferredBytes: number;
  /** Sessions that the service has answered 200; tries that it refused or never saw are none. */
  readonly totalSessions: number;
  /** Sessions that are open now. */
  readonly totalActiveSessions: number;
  /** From opening to end, of those that are over. */
  readonly avgSessionDurationMs: number;
  readonly bufferedAcks: number;
  readonly receivedAcks: number;
  readonly persistedAcks: number;
  readonly errorAcks: number;
  /** Frames that were put, and of these those that were stored. */
  readonly totalFrames: number;
  readonly storedFrames: number;
  /** Video frames among those that were stored. */
  readonly videoFrames: number;
  /** Frames that left the buffer, or found no room, without having been received. */
  readonly droppedFrames: number;
  readonly droppedFragments: number;
  /** Frames left out before a key frame, and of fragments that the service refused. */
  readonly skippedFrames: number;
  readonly skippedFragments: number;
  readonly storagePressures: number;
  readonly latencyPressures: number;
  readonly bufferPressures: number;
  readonly staleEvents: number;
  readonly putFrameErrors: number;
  readonly cplApiCallLatencyMs: number;
  readonly dataApiCallLatencyMs: number;
  readonly streamApiCallRetryCount: number;
  readonly reconnects: number;
  /** From a fragment's first frame to its persisted (or received) ack: average and newest. */
  readonly ackLatencyMs: number;
  readonly lastAckLatencyMs: number;
  readonly timestamps: TimestampCounters;
  /** With StreamInfo.spoolDirectory. */
  readonly spool?: SpoolStatus;
};

/** Everything that upstream's ClientMetrics has. */
export type ClientMetrics = {
  readonly avgApiCallRetryCount: number;
  readonly contentStoreSize: number;
  readonly contentStoreAvailableSize: number;
  readonly contentStoreAllocatedSize: number;
  /**
   * Memory of the views' own structures; not counted against the store. Bytes of the JavaScript
   * heap: those of each fragment that is held and of each entry of its lists, as V8 has them.
   */
  readonly totalContentViewsSize: number;
  readonly totalFrameRate: number;
  readonly totalTransferRate: number;
  readonly totalElementaryFrameRate: number;
};

/** What a stream that never had an uploader has sent. */
const NO_UPLOADS: UploaderCounters = newCounters();

/** Counts and measures; a few additions per frame. */
export class StreamMeter {
  totalFrames = 0;
  storedFrames = 0;
  videoFrames = 0;
  droppedFrames = 0;
  droppedFragments = 0;
  skippedFrames = 0;
  storagePressures = 0;
  latencyPressures = 0;
  bufferPressures = 0;
  putFrameErrors = 0;
  readonly #clock: Clock;
  readonly #createdMs: number;
  readonly #measures: boolean;
  #frameRate: number;
  /** Averaged instead of the rate: frames that come in pairs have the rate of the source. */
  #frameIntervalMs: number;
  #elementaryFrameRate: number;
  #lastFrameMs: number | undefined;
  #lastFrameNs: bigint | undefined;
  #transferRate: number;
  #lastBytes = 0;
  #lastBytesMs: number;
  #ackLatencyMs = 0;
  #lastAckLatencyMs = 0;

  constructor(
    clock: Clock,
    start: { frameRate: number; avgBandwidthBps: number; recalculate: boolean },
  ) {
    this.#clock = clock;
    this.#createdMs = clock.monotonicMs();
    this.#lastBytesMs = this.#createdMs;
    this.#measures = start.recalculate;
    this.#frameRate = start.frameRate;
    this.#frameIntervalMs = 1000 / start.frameRate;
    this.#elementaryFrameRate = start.frameRate;
    this.#transferRate = start.avgBandwidthBps / 8;
  }

  videoFrame(nowMs: number, ptsNs: bigint): void {
    this.videoFrames += 1;
    if (!this.#measures) return;
    const sinceMs = nowMs - (this.#lastFrameMs ?? nowMs - this.#frameIntervalMs);
    this.#frameIntervalMs += ALPHA * (sinceMs - this.#frameIntervalMs);
    this.#frameRate = 1000 / this.#frameIntervalMs;
    const stepNs = ptsNs - (this.#lastFrameNs ?? ptsNs);
    if (stepNs !== 0n) this.#elementaryFrameRate = Math.abs(1e9 / Number(stepNs));
    this.#lastFrameMs = nowMs;
    this.#lastFrameNs = ptsNs;
  }

  acknowledged(latencyMs: number): void {
    this.#lastAckLatencyMs = latencyMs;
    this.#ackLatencyMs =
      this.#ackLatencyMs === 0
        ? latencyMs
        : this.#ackLatencyMs + ALPHA * (latencyMs - this.#ackLatencyMs);
  }

  /** Called at fragment boundaries and whenever metrics are asked for. */
  sampleTransfer(transferredBytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#lastBytesMs;
    if (!this.#measures || sinceMs < RATE_INTERVAL_MS) return;
    const rate = ((transferredBytes - this.#lastBytes) * 1000) / sinceMs;
    // Longer intervals weigh more, as if they had been measured piece by piece.
    const weight = 1 - (1 - ALPHA) ** (sinceMs / RATE_INTERVAL_MS);
    this.#transferRate += weight * (rate - this.#transferRate);
    this.#lastBytes = transferredBytes;
    this.#lastBytesMs = nowMs;
  }

  snapshot(
    view: StreamView,
    uploads: UploaderCounters = NO_UPLOADS,
    timestamps: TimestampCounters,
  ): StreamMetrics {
    this.sampleTransfer(uploads.transferredBytes);
    const unread = view.unread();
    return {
      currentViewDurationNs: unread.durationNs,
      currentViewBytes: unread.bytes,
      overallViewDurationNs: view.durationNs,
      overallViewBytes: view.byteLength,
      currentFrameRate: this.#frameRate,
      elementaryFrameRate: this.#elementaryFrameRate,
      currentTransferRate: this.#transferRate,
      uptimeMs: this.#clock.monotonicMs() - this.#createdMs,
      transferredBytes: uploads.transferredBytes,
      totalSessions: uploads.totalSessions,
      totalActiveSessions: uploads.activeSessions,
      avgSessionDurationMs: uploads.avgSessionMs,
      bufferedAcks: uploads.bufferingAcks,
      receivedAcks: uploads.receivedAcks,
      persistedAcks: uploads.persistedAcks,
      errorAcks: uploads.errorAcks,
      totalFrames: this.totalFrames,
      storedFrames: this.storedFrames,
      videoFrames: this.videoFrames,
      droppedFrames: this.droppedFrames,
      droppedFragments: this.droppedFragments,
      skippedFrames: this.skippedFrames,
      skippedFragments: uploads.skippedFragments,
      storagePressures: this.storagePressures,
      latencyPressures: this.latencyPressures,
      bufferPressures: this.bufferPressures,
      staleEvents: uploads.staleEvents,
      putFrameErrors: this.putFrameErrors,
      cplApiCallLatencyMs: uploads.controlCallLatencyMs,
      dataApiCallLatencyMs: uploads.dataCallLatencyMs,
      streamApiCallRetryCount: uploads.retries,
      reconnects: uploads.reconnects,
      ackLatencyMs: this.#ackLatencyMs,
      lastAckLatencyMs: this.#lastAckLatencyMs,
      timestamps,
    };
  }
}
