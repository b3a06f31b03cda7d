import type { StreamingType } from '../../producer/info/stream-info.ts';
import { FrameTimesOfTrack } from './frame-times.ts';
import { SourceTimeline } from './source-timeline.ts';
import type { TimeEvents } from './time-events.ts';

/** `frame-timestamp`, as AWS documented it in 2019: which of the two times an application trusts. */
export type FrameTimestampMode = 'pts-only' | 'dts-only' | 'default-timestamp';

/** The properties that decide what becomes of a buffer's times. */
export type TimestampSettings = {
  readonly streamingType: StreamingType;
  /** Seconds since the epoch, added to each time of an offline stream; 0 adds nothing. */
  readonly fileStartTimeS: bigint;
  readonly frameTimestamp: FrameTimestampMode;
  /** Frame length assumed where neither a duration, nor the caps, nor an arrival tells it. */
  readonly frameIntervalNs: bigint;
};

/** What the bridge knows of one buffer. */
export type BufferTimes = {
  readonly track: number;
  /** Running time in ns, or undefined. */
  readonly ptsNs: bigint | undefined;
  readonly dtsNs: bigint | undefined;
  /** 0 when unknown. */
  readonly durationNs: bigint;
  /** CLOCK_MONOTONIC in ns when the buffer came into the element. */
  readonly arrivalNs: bigint;
  readonly isKeyFrame: boolean;
  /** Video: a later frame may have an earlier PTS. */
  readonly reorders: boolean;
  /** What its caps say of the distance to the next frame, if they do. */
  readonly intervalNs?: bigint | undefined;
};

/**
 * Times as the core takes them. What the source does not give stays unknown, but for one of them:
 * where a video frame has no PTS, the core finds it from the pictures' order and the DTS.
 */
export type FrameTimes = {
  ptsNs: bigint | undefined;
  dtsNs: bigint | undefined;
  /** The one that is known. */
  timeNs: bigint;
  /** The source's timeline leapt: a fragment is to begin here. */
  beginsTimeline: boolean;
};

/** What a host that replaces this one has to know. */
export type Timebase = {
  /** From running times to epoch ns. */
  readonly offsetNs: bigint;
  /** From CLOCK_MONOTONIC to epoch ns, as the stamps have it. */
  readonly clockNs: bigint;
};

/** As an element tells it that was made before it kept the clock too. */
type ClockOffset = { readonly clockNs: bigint | undefined };

type SourceTimes = Pick<FrameTimes, 'ptsNs' | 'dtsNs' | 'timeNs'>;

const NS_PER_S = 1_000_000_000n;

/**
 * Turns running times into the times KVS gets, as upstream's modes do (realtime: wall clock of the
 * first frame plus running time since then; offline: file-start-time plus media time;
 * use-original-pts: the DTS as epoch time), with one base per element, so that tracks cannot drift
 * apart. Where upstream lets a missing PTS wrap around, it is derived here, track by track; where
 * a source's times leap, the stream goes on (times/source-timeline.ts).
 */
export class TimestampMapper {
  readonly #settings: TimestampSettings;
  readonly #wallClockNs: (arrivalNs: bigint) => bigint;
  readonly #events: TimeEvents;
  readonly #tracks = new Map<number, FrameTimesOfTrack>();
  readonly #told = new Set<number>();
  /** From CLOCK_MONOTONIC to the stamps' clock: read once, so that no step of the clock moves it. */
  #clockNs: bigint | undefined;
  /** Given by the first frame of any track. */
  #timeline: SourceTimeline | undefined;
  /** Of a host that died, until the first frame. */
  #continuedNs: bigint | undefined;
  /** End of the latest frame sent, to start a new timeline behind. */
  #latestEndNs: bigint | undefined;
  #isLive: boolean | undefined;
  /** May be changed while playing, as upstream's property. */
  useOriginalPts: boolean;

  /** @param wallClockNs epoch ns of a moment of CLOCK_MONOTONIC. */
  constructor(
    settings: TimestampSettings,
    useOriginalPts: boolean,
    wallClockNs: (arrivalNs: bigint) => bigint,
    events: TimeEvents,
  ) {
    this.#settings = settings;
    this.#wallClockNs = wallClockNs;
    this.#events = events;
    this.useOriginalPts = useOriginalPts;
  }

  /** What the source says of itself (its answer to a LATENCY query). */
  set isLive(isLive: boolean) {
    this.#isLive = isLive;
    if (this.#timeline !== undefined) this.#timeline.isLive = isLive;
  }

  /** Once the first frame has come. */
  get timebase(): Timebase | undefined {
    if (this.#timeline === undefined || this.#clockNs === undefined) return undefined;
    const offsetNs = this.useOriginalPts ? 0n : this.#timeline.offsetNs;
    return { offsetNs, clockNs: this.#clockNs };
  }

  /** Goes on with the base of a host that died: the same running time is the same moment. */
  continueFrom({ offsetNs, clockNs }: Pick<Timebase, 'offsetNs'> & ClockOffset): void {
    this.#continuedNs = offsetNs;
    this.#clockNs ??= clockNs;
  }

  /** Maps the times of the next buffer of its track. Call once per frame, in order. */
  map(buffer: BufferTimes): FrameTimes {
    this.#clockNs ??= this.#wallClockNs(buffer.arrivalNs) - buffer.arrivalNs;
    const track = this.#trackOf(buffer.track);
    const source = this.#sourceTimes(buffer, track);
    this.#tellUntimed(buffer, track);
    const times = this.#place(buffer, source, track.isDerived);
    const end = times.timeNs + buffer.durationNs;
    if (this.#latestEndNs === undefined || end > this.#latestEndNs) this.#latestEndNs = end;
    return times;
  }

  /**
   * The time a running time stands for, without taking it for a frame's (GAP events).
   * Undefined before the first frame.
   */
  peek(track: number, runningNs: bigint): bigint | undefined {
    if (this.useOriginalPts) return runningNs;
    return this.#timeline === undefined ? undefined : runningNs + this.#timeline.offsetOf(track);
  }

  /**
   * The timeline starts anew (flush, seek): running times begin at 0 again. A realtime stream goes
   * on at the clock's time of the next frame, never before what was sent already.
   */
  restart(): void {
    this.#tracks.clear();
    this.#timeline = undefined;
    this.#continuedNs = undefined;
  }

  /** The same for another stream, which counts by what the machine's clock says then. */
  restartClock(arrivalNs: bigint): void {
    this.restart();
    const before = this.#clockNs;
    this.#clockNs = this.#wallClockNs(arrivalNs) - arrivalNs;
    if (before === undefined || this.#latestEndNs === undefined) return;
    if (this.#isRealtime) this.#latestEndNs += this.#clockNs - before;
  }

  get #isRealtime(): boolean {
    return this.#settings.streamingType !== 'offline';
  }

  #trackOf(id: number): FrameTimesOfTrack {
    const known = this.#tracks.get(id);
    if (known !== undefined) return known;
    const track = new FrameTimesOfTrack();
    this.#tracks.set(id, track);
    return track;
  }

  /** Times in the source's own timeline, with what is missing derived. */
  #sourceTimes(buffer: BufferTimes, track: FrameTimesOfTrack): SourceTimes {
    const { ptsNs, dtsNs, durationNs, arrivalNs, intervalNs, reorders } = buffer;
    const mode = this.useOriginalPts ? 'dts-only' : this.#settings.frameTimestamp;
    const timeNs = track.next(
      { timeNs: mode === 'dts-only' ? (dtsNs ?? ptsNs) : (ptsNs ?? dtsNs), durationNs, arrivalNs },
      {
        isOffline: !this.#isRealtime,
        isLive: this.#isLive,
        intervalNs: intervalNs ?? this.#settings.frameIntervalNs,
      },
      this.#firstTimeNs(arrivalNs),
    );
    if (mode === 'dts-only') return { ptsNs: timeNs, dtsNs: timeNs, timeNs };
    if (ptsNs === undefined && reorders) return { ptsNs: undefined, dtsNs: timeNs, timeNs };
    if (mode === 'pts-only') return { ptsNs: timeNs, dtsNs: timeNs, timeNs };
    return { ptsNs: timeNs, dtsNs: track.isDerived ? undefined : dtsNs, timeNs };
  }

  /** Of a track whose first frame has no time. */
  #firstTimeNs(arrivalNs: bigint): bigint {
    if (!this.#isRealtime || this.#timeline === undefined) return 0n;
    return arrivalNs + (this.#clockNs as bigint) - this.#timeline.offsetNs;
  }

  #tellUntimed(
    { track, intervalNs }: BufferTimes,
    { finding, isDerived }: FrameTimesOfTrack,
  ): void {
    if (finding === undefined) return;
    if (!this.#told.has(track)) {
      this.#told.add(track);
      this.#events.untimed({
        track,
        cause: finding.cause,
        by: finding.by,
        intervalNs: intervalNs ?? this.#settings.frameIntervalNs,
        isAssumed: intervalNs === undefined,
      });
    }
    if (isDerived) this.#events.derived(track);
  }

  #place(buffer: BufferTimes, source: SourceTimes, isDerived: boolean): FrameTimes {
    const clockNs = buffer.arrivalNs + (this.#clockNs as bigint);
    this.#timeline ??= this.#begin(source.timeNs, clockNs);
    if (this.useOriginalPts) return { ...source, beginsTimeline: false };
    const { track, arrivalNs, isKeyFrame, reorders } = buffer;
    const { offsetNs, beginsTimeline } = this.#timeline.place(
      { track, timeNs: source.timeNs, isDerived, arrivalNs, isKeyFrame, reorders },
      clockNs,
    );
    return {
      ptsNs: source.ptsNs === undefined ? undefined : source.ptsNs + offsetNs,
      dtsNs: source.dtsNs === undefined ? undefined : source.dtsNs + offsetNs,
      timeNs: source.timeNs + offsetNs,
      beginsTimeline,
    };
  }

  #begin(firstPtsNs: bigint, clockNs: bigint): SourceTimeline {
    const options = {
      isRealtime: this.#isRealtime,
      storedUntilNs: this.#latestEndNs,
      onLeap: this.#events.leapt.bind(this.#events),
    };
    const offsetNs =
      this.#continuedNs ??
      (this.#isRealtime
        ? this.#realtimeOffset(firstPtsNs, clockNs)
        : this.#offlineOffset(firstPtsNs));
    const timeline = new SourceTimeline(options, offsetNs);
    timeline.isLive = this.#isLive;
    return timeline;
  }

  #offlineOffset(firstPtsNs: bigint): bigint {
    const offset = this.#settings.fileStartTimeS * NS_PER_S;
    const latest = this.#latestEndNs;
    // After a seek back, media time goes on behind what was sent: KVS takes no time twice.
    if (latest !== undefined && firstPtsNs + offset < latest) return latest - firstPtsNs;
    return offset;
  }

  #realtimeOffset(firstPtsNs: bigint, clockNs: bigint): bigint {
    const latest = this.#latestEndNs;
    const start = latest !== undefined && clockNs < latest ? latest : clockNs;
    return start - firstPtsNs;
  }
}
