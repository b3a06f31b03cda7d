import { asKvsError } from '../../errors/kvs-error.ts';
import { LossReport } from '../../producer/reports/loss-report.ts';
import { AHEAD_BYTES } from '../../storage/view-options.ts';
import type { FrameMessage } from '../access-units/access-units.ts';
import { RESOURCE_WRITE } from '../bus/bus-messages.ts';
import type { BusReporter } from '../bus/bus-reporter.ts';
import type { MetricsReport } from '../bus/metrics-report.ts';
import type { StreamPort } from '../stream/stream-port.ts';
import { parseMessage } from '../wire/element-json.ts';
import type { ElementMessageView } from '../wire/element-reader.ts';
import { ElementMessage, FrameFlag } from '../wire/wire.ts';
import type { ElementSources } from './element-sources.ts';
import type { ElementTimes } from './element-times.ts';
import type { ElementTracks } from './element-tracks.ts';
import type { HostContext } from './host-context.ts';
import { after } from './track-changes.ts';

/** What a stream is made of and shares with its element. */
export type ElementStreamParts = {
  readonly context: HostContext;
  readonly stream: StreamPort;
  readonly reporter: BusReporter;
  readonly times: ElementTimes;
  readonly tracks: ElementTracks;
  readonly metrics: MetricsReport;
  /** Upstream's `get-kvs-metrics`: figures with every key frame. */
  readonly emitsMetrics: () => boolean;
};

/** One life of the core's stream: from its first use until everything is settled. */
export class ElementStream {
  readonly stream: StreamPort;
  readonly reporter: BusReporter;
  readonly times: ElementTimes;
  readonly #parts: ElementStreamParts;
  /** Frames of tracks that joined and cannot be stored. */
  readonly #leftOut: LossReport;

  constructor(parts: ElementStreamParts) {
    this.stream = parts.stream;
    this.reporter = parts.reporter;
    this.times = parts.times;
    this.#parts = parts;
    this.#leftOut = new LossReport(
      parts.context.clock,
      (drop) => parts.reporter.droppedFrames(drop),
      (ptsNs) => parts.times.storedNs(ptsNs),
    );
  }

  /** Puts a frame at its time. @returns a promise where the store has no room for it yet. */
  putFrame(message: FrameMessage): Promise<void> | undefined {
    const { flags, track, monotonicNs, durationNs } = message;
    const { context, tracks, metrics, emitsMetrics } = this.#parts;
    const isKeyFrame = (flags & FrameFlag.keyFrame) !== 0;
    const data = message.payload;
    const times = this.times.map(message, tracks.pacing(track));
    const gap = FrameFlag.discontinuity | FrameFlag.afterDrop;
    try {
      const wait = this.stream.putFrame({
        trackId: track,
        ptsNs: times.ptsNs,
        dtsNs: times.dtsNs,
        durationNs,
        isKeyFrame,
        isDiscontinuity: times.beginsTimeline || (flags & gap) !== 0,
        isDiscardable: (flags & FrameFlag.discardable) !== 0,
        isInvisible: (flags & FrameFlag.invisible) !== 0,
        isCorrupted: (flags & FrameFlag.corrupted) !== 0,
        isAfterLoss: (flags & FrameFlag.afterDrop) !== 0,
        arrivedMs: context.monotonic.clockMs(monotonicNs),
        position: message.position,
        data,
      });
      if (metrics.isDue(isKeyFrame) && emitsMetrics()) {
        metrics.report(this, this.times.storedNs(times.timeNs));
      }
      return wait?.catch((error: unknown) => this.reporter.putFrameFailed(asKvsError(error)));
    } catch (error) {
      this.reporter.putFrameFailed(asKvsError(error));
      return undefined;
    }
  }

  /** A frame of a track that cannot be stored. */
  leaveOut({ track, ptsNs = 0n }: FrameMessage): void {
    this.#leftOut.add(this.times.peek(track, ptsNs) ?? ptsNs, 'no-format');
  }

  /**
   * A source that can be slowed down is, where the store has no room, and one that runs ahead of
   * the clock does not fill it; any other is not.
   */
  follow({ isLive, canWait }: ElementSources, mayWait: boolean): void {
    if (isLive !== undefined) this.times.isLive = isLive;
    this.stream.setBackPressure(mayWait, canWait ? AHEAD_BYTES : undefined);
  }

  /** What happens between the frames. */
  event(message: ElementMessageView): Promise<void> | undefined {
    const { stream, times } = this;
    const { tracks } = this.#parts;
    const { track } = message;
    switch (message.type) {
      case ElementMessage.metadata:
        this.#putMetadata(message);
        break;
      case ElementMessage.trackEos:
        return after(tracks.finish(track), () => stream.endTrack(track));
      case ElementMessage.gap: {
        const untilNs = times.peek(track, (message.ptsNs ?? 0n) + message.durationNs);
        if (untilNs !== undefined && message.ptsNs !== undefined) stream.gap(track, untilNs);
        break;
      }
      case ElementMessage.leftOut: {
        const { frames, reason } = parseMessage.leftOut(message.payload);
        const ptsNs = message.ptsNs === undefined ? undefined : times.peek(track, message.ptsNs);
        stream.leftOut(track, { frames, ptsNs, reason });
        break;
      }
      case ElementMessage.timebase:
        stream.stampsAhead(
          times.continueFrom(BigInt.asIntN(64, message.ptsNs ?? 0n), message.dtsNs),
        );
        break;
      case ElementMessage.flush:
        tracks.discard();
        stream.discontinuity();
        times.restart();
        break;
    }
    return undefined;
  }

  /** Everything is settled: reports what is left to report. */
  close(): void {
    this.times.end();
    this.#leftOut.end();
    this.reporter.metrics(this.stream.metrics());
    this.stream.close();
  }

  #putMetadata(message: ElementMessageView): void {
    const metadata = parseMessage.metadata(message.payload);
    const { stream, reporter } = this;
    const { position } = message;
    try {
      if ('events' in metadata) stream.putEventMetadata(metadata.events, metadata, position);
      else stream.putFragmentMetadata(metadata.name, metadata.value, metadata.persist, position);
    } catch (error) {
      reporter.warning(RESOURCE_WRITE, asKvsError(error));
    }
  }
}
