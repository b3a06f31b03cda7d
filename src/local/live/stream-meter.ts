import type { Clock } from '../../runtime/clock.ts';
import type { LiveFrame, LiveSource } from '../streams/live-feed.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { fragmentReport } from './fragment-report.ts';
import type { FragmentReport, StreamReport, TrackReport } from './page-reports.ts';
import { Rate } from './rate.ts';
import { StreamJournal } from './stream-journal.ts';
import { trackReport } from './track-report.ts';

/** A frame older than this when it arrives was not sent live: its age is not a latency. */
const LIVE_WITHIN_MS = 60 * 60_000;

/** Measures one stream. */
export class StreamMeter {
  readonly journal: StreamJournal;
  readonly #stream: LocalStream;
  readonly #clock: Clock;
  readonly #frames = new Rate();
  readonly #bytes = new Rate();
  #source: LiveSource | undefined;
  #tracks: readonly TrackReport[] = [];
  #framesReceived = 0;
  #persisted = 0;
  #latencyMs: number | undefined;
  #lastFrameMs: number | undefined;
  /** The video track, once there is one. */
  #countedTrack: number | undefined;

  constructor(stream: LocalStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.journal = new StreamJournal(stream);
    stream.live.subscribe({
      frame: (frame) => this.#onFrame(frame),
      persisted: () => {
        this.#persisted += 1;
      },
    });
  }

  report(): StreamReport {
    const { record, fragments, sessions, readers } = this.#stream;
    const now = this.#clock.monotonicMs();
    const fps = this.#frames.perSecond(now);
    const { errors, lastError } = this.journal;
    return {
      name: record.name,
      arn: record.arn,
      status: record.status,
      mediaType: record.mediaType,
      deviceName: record.deviceName,
      retentionHours: record.retentionHours,
      creationTimeMs: record.creationTimeMs,
      tags: record.tags,
      sessions: sessions.size,
      readers,
      fps: Math.round(fps * 10) / 10,
      bitsPerSecond: Math.round(this.#bytes.perSecond(now) * 8),
      latencyMs: fps === 0 ? undefined : this.#latencyMs,
      lastFrameMs: this.#lastFrameMs,
      framesReceived: this.#framesReceived,
      fragmentsPersisted: this.#persisted,
      errors,
      lastError,
      fragmentsStored: fragments.totals.fragments,
      bytesStored: fragments.totals.bytes,
      tracks: this.#trackList(),
    };
  }

  /** The newest fragments on disk, oldest first. */
  recent(): FragmentReport[] {
    return this.#stream.fragments.recent.map(fragmentReport);
  }

  #onFrame(frame: LiveFrame): void {
    const now = this.#clock.monotonicMs();
    const { track } = frame;
    this.#lastFrameMs = frame.arrivedMs;
    if (frame.source !== this.#source) {
      this.#source = frame.source;
      this.#tracks = frame.source.trackList.map(trackReport);
    }
    this.#bytes.add(frame.data.length, now);
    if (track.type === 1) this.#countedTrack = track.number;
    if (track.number !== (this.#countedTrack ?? 1)) return;
    this.#frames.add(1, now);
    this.#framesReceived += 1;
    const age = frame.arrivedMs - frame.timestampMs;
    this.#latencyMs = Math.abs(age) < LIVE_WITHIN_MS ? Math.round(age) : undefined;
  }

  /** What arrived last in this run, or else what the newest fragment on disk has. */
  #trackList(): readonly TrackReport[] {
    if (this.#tracks.length > 0) return this.#tracks;
    const tracks = this.#stream.fragments.newest?.tracks ?? [];
    return tracks.map(({ number, type, codecId }) => ({ number, type, codecId }));
  }
}
