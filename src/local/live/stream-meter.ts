import type { ReadTrack } from '../../matroska/reader-handlers.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { LiveFrame } from '../streams/live-feed.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { Rate } from './rate.ts';

/** A frame older than this when it arrives was not sent live: its age is not a latency. */
const LIVE_WITHIN_MS = 60 * 60_000;

/** What is known of a stream at a moment; the JSON of /api/streams. */
export type StreamStatusReport = {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly mediaType: string | undefined;
  readonly retentionHours: number;
  readonly creationTimeMs: number;
  /** Open PutMedia sessions. */
  readonly sessions: number;
  /** Of the video track, or of the first one; frames per second that arrive. */
  readonly fps: number;
  readonly bitsPerSecond: number;
  /** Arrival minus the frame's own time, of the newest frame; absent unless that is live. */
  readonly latencyMs: number | undefined;
  /** Frames of the counted track since the service began. */
  readonly framesReceived: number;
  /** Since the service began. */
  readonly fragmentsPersisted: number;
  /** On disk now. */
  readonly fragmentsStored: number;
  readonly bytesStored: number;
  readonly tracks: readonly { type: number; codecId: string; width?: number; height?: number }[];
  /** The newest fragments, oldest first. */
  readonly recent: readonly {
    number: string;
    startMs: number;
    durationMs: number;
    bytes: number;
    frames: number;
  }[];
};

/** Measures one stream. */
export class StreamMeter {
  readonly #stream: LocalStream;
  readonly #clock: Clock;
  readonly #frames = new Rate();
  readonly #bytes = new Rate();
  readonly #tracks = new Map<number, ReadTrack>();
  #framesReceived = 0;
  #persisted = 0;
  #latencyMs: number | undefined;
  /** The video track, once there is one. */
  #countedTrack: number | undefined;

  constructor(stream: LocalStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.live.subscribe({
      frame: (frame) => this.#onFrame(frame),
      persisted: () => {
        this.#persisted += 1;
      },
    });
  }

  report(): StreamStatusReport {
    const { record, fragments, sessions } = this.#stream;
    const now = this.#clock.monotonicMs();
    const fps = this.#frames.perSecond(now);
    return {
      name: record.name,
      arn: record.arn,
      status: record.status,
      mediaType: record.mediaType,
      retentionHours: record.retentionHours,
      creationTimeMs: record.creationTimeMs,
      sessions: sessions.size,
      fps: Math.round(fps * 10) / 10,
      bitsPerSecond: Math.round(this.#bytes.perSecond(now) * 8),
      latencyMs: fps === 0 ? undefined : this.#latencyMs,
      framesReceived: this.#framesReceived,
      fragmentsPersisted: this.#persisted,
      fragmentsStored: fragments.totals.fragments,
      bytesStored: fragments.totals.bytes,
      tracks: this.#trackList(),
      recent: fragments.recent.map((fragment) => ({
        number: fragment.number,
        startMs: fragment.producerTimestampMs,
        durationMs: fragment.durationMs,
        bytes: fragment.bytes,
        frames: fragment.frames,
      })),
    };
  }

  #onFrame(frame: LiveFrame): void {
    const now = this.#clock.monotonicMs();
    const { track } = frame;
    if (this.#tracks.get(track.number) !== track) this.#tracks.set(track.number, track);
    this.#bytes.add(frame.data.length, now);
    if (track.type === 1) this.#countedTrack = track.number;
    if (track.number !== (this.#countedTrack ?? 1)) return;
    this.#frames.add(1, now);
    this.#framesReceived += 1;
    const age = frame.arrivedMs - frame.timestampMs;
    this.#latencyMs = Math.abs(age) < LIVE_WITHIN_MS ? Math.round(age) : undefined;
  }

  /** What arrived in this run, or else what the newest fragment on disk has. */
  #trackList(): StreamStatusReport['tracks'] {
    if (this.#tracks.size === 0) {
      const tracks = this.#stream.fragments.newest?.tracks ?? [];
      return tracks.map(({ type, codecId }) => ({ type, codecId }));
    }
    return [...this.#tracks.values()].map(({ type, codecId, width, height }) => ({
      type,
      codecId,
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    }));
  }
}
