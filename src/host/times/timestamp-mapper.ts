import type { StreamingType } from '../../producer/info/stream-info.ts';
import { FrameTimesOfTrack, type GivenTime } from './frame-times.ts';
import { type Place, SourceTimeline } from './source-timeline.ts';
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

const NS_PER_S = 1_000_000_000n;

/** `use-original-pts`: the source's times are epoch times, whatever they do. */
const AS_IT_IS: Place = { offsetNs: 0n, beginsTimeline: false };

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
    const { track: id, ptsNs, dtsNs, durationNs, arrivalNs, isKeyFrame, reorders } = buffer;
    this.#clockNs ??= this.#wallClockNs(arrivalNs) - arrivalNs;
    const clockNs = arrivalNs + this.#clockNs;
    const mode = this.useOriginalPts ? 'dts-only' : this.#settings.frameTimestamp;
    const given = {
      timeNs: mode === 'dts-only' ? (dtsNs ?? ptsNs) : (ptsNs ?? dtsNs),
      durationNs,
      arrivalNs,
    };
    const track = this.#tracks.get(id) ?? this.#join(id);
    const timeNs = track.take(given)
      ? (given.timeNs as bigint)
      : this.#derive(track, buffer, given, clockNs);
    const { isDerived } = track;
    this.#timeline ??= this.#begin(timeNs, clockNs);
    const { offsetNs, beginsTimeline } = this.useOriginalPts
      ? AS_IT_IS
      : this.#timeline.place(
          { track: id, timeNs, isDerived, arrivalNs, isKeyFrame, reorders },
          clockNs,
        );
    const stampNs = timeNs + offsetNs;
    const endNs = stampNs + durationNs;
    if (this.#latestEndNs === undefined || endNs > this.#latestEndNs) this.#latestEndNs = endNs;
    const times: FrameTimes = { ptsNs: stampNs, dtsNs: stampNs, timeNs: stampNs, beginsTimeline };
    if (mode === 'dts-only') return times;
    if (ptsNs === undefined && reorders) {
      times.ptsNs = undefined;
    } else if (mode !== 'pts-only') {
      times.dtsNs = isDerived || dtsNs === undefined ? undefined : dtsNs + offsetNs;
    }
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

  #join(id: number): FrameTimesOfTrack {
    const track = new FrameTimesOfTrack();
    this.#tracks.set(id, track);
    return track;
  }

  /** The time of a frame that has none of its own, in the source's timeline. */
  #derive(
    track: FrameTimesOfTrack,
    buffer: BufferTimes,
    given: GivenTime,
    clockNs: bigint,
  ): bigint {
    const isRealtime = this.#isRealtime;
    const timeline = this.#timeline;
    const intervalNs = buffer.intervalNs ?? this.#settings.frameIntervalNs;
    // Of a track whose first frame has no time.
    const firstNs = isRealtime && timeline !== undefined ? clockNs - timeline.offsetNs : 0n;
    const facts = { isOffline: !isRealtime, isLive: this.#isLive, intervalNs };
    const timeNs = track.derive(given, facts, firstNs);
    this.#tellUntimed(buffer, track);
    return timeNs;
  }

  #tellUntimed({ track, intervalNs }: BufferTimes, { finding }: FrameTimesOfTrack): void {
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
    this.#events.derived(track);
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
