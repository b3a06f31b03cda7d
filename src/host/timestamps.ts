import type { StreamingType } from '../producer/types.ts';

/** The 2019 guide's `frame-timestamp`: which of the two times an application trusts. */
export type FrameTimestampMode = 'pts-only' | 'dts-only' | 'default-timestamp';

/** The properties that decide what becomes of a buffer's times. */
export type TimestampSettings = {
  readonly streamingType: StreamingType;
  /** Seconds since the epoch, added to each time of an offline stream; 0 adds nothing. */
  readonly fileStartTimeS: bigint;
  readonly frameTimestamp: FrameTimestampMode;
  /** Frame length assumed where neither a duration nor an arrival tells it. */
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
};

/** Times as the core takes them; the DTS stays unknown where the source gave none. */
export type FrameTimes = { ptsNs: bigint; dtsNs: bigint | undefined };

type TrackClock = {
  /** Of the last frame, in the source's own times (before any offset). */
  lastPtsNs: bigint;
  lastDurationNs: bigint;
  lastArrivalNs: bigint;
};

const NS_PER_S = 1_000_000_000n;
const MIN_STEP_NS = 1_000_000n;

/**
 * Turns running times into the times KVS gets, as upstream's modes do (realtime: wall clock of the
 * first frame plus running time since then; offline: file-start-time plus media time;
 * use-original-pts: the DTS as epoch time), with one base per element, so that tracks cannot drift
 * apart. Where upstream lets a missing PTS wrap around, it is derived here, track by track.
 */
export class TimestampMapper {
  readonly #settings: TimestampSettings;
  readonly #wallClockNs: (arrivalNs: bigint) => bigint;
  readonly #tracks = new Map<number, TrackClock>();
  /** Added to realtime running times; set by the first frame of any track. */
  #offsetNs: bigint | undefined;
  /** End of the latest frame sent, to start a new timeline behind. */
  #latestEndNs: bigint | undefined;
  /** May be changed while playing, as upstream's property. */
  useOriginalPts: boolean;

  /** @param wallClockNs epoch ns of a moment of CLOCK_MONOTONIC. */
  constructor(
    settings: TimestampSettings,
    useOriginalPts: boolean,
    wallClockNs: (arrivalNs: bigint) => bigint,
  ) {
    this.#settings = settings;
    this.#wallClockNs = wallClockNs;
    this.useOriginalPts = useOriginalPts;
  }

  /** Epoch ns of running time 0, once known: what a GAP's running time is measured from. */
  get offsetNs(): bigint | undefined {
    return this.#offsetNs;
  }

  /** Goes on with the base of a host that died: the same running time is the same moment. */
  continueFrom(offsetNs: bigint): void {
    this.#offsetNs = offsetNs;
  }

  /** Maps the times of the next buffer of its track. Call once per frame, in order. */
  map(buffer: BufferTimes): FrameTimes {
    const source = this.#sourceTimes(buffer);
    this.#remember(buffer, source.ptsNs);
    const times = this.#shift(source, buffer.arrivalNs);
    const end = times.ptsNs + buffer.durationNs;
    if (this.#latestEndNs === undefined || end > this.#latestEndNs) this.#latestEndNs = end;
    return times;
  }

  /**
   * The time a running time stands for, without taking it for a frame's (GAP events).
   * Undefined before the first frame.
   */
  peek(runningNs: bigint): bigint | undefined {
    return this.#offsetNs === undefined ? undefined : runningNs + this.#offsetNs;
  }

  /**
   * The timeline starts anew (flush, seek, restart): running times begin at 0 again. A realtime
   * stream goes on at the wall clock of the next frame, never before what was sent already.
   */
  restart(): void {
    this.#tracks.clear();
    this.#offsetNs = undefined;
  }

  /** Times in the source's own timeline, with what is missing derived. */
  #sourceTimes(buffer: BufferTimes): FrameTimes {
    const { ptsNs, dtsNs } = buffer;
    if (this.useOriginalPts) {
      const time = dtsNs ?? ptsNs ?? this.#derive(buffer);
      return { ptsNs: time, dtsNs: time };
    }
    switch (this.#settings.frameTimestamp) {
      case 'pts-only': {
        const time = ptsNs ?? dtsNs ?? this.#derive(buffer);
        return { ptsNs: time, dtsNs: time };
      }
      case 'dts-only': {
        const time = dtsNs ?? ptsNs ?? this.#derive(buffer);
        return { ptsNs: time, dtsNs: time };
      }
      case 'default-timestamp':
        return { ptsNs: ptsNs ?? dtsNs ?? this.#derive(buffer), dtsNs };
    }
  }

  /** A time for a buffer that has none: behind the one before it on its track. */
  #derive(buffer: BufferTimes): bigint {
    const track = this.#tracks.get(buffer.track);
    if (track === undefined) return this.#firstOfTrack(buffer);
    if (track.lastDurationNs > 0n) return track.lastPtsNs + track.lastDurationNs;
    // A live source that stamps nothing is known by when its frames come; a file is not.
    if (this.#settings.streamingType === 'offline') {
      return track.lastPtsNs + this.#settings.frameIntervalNs;
    }
    const elapsed = buffer.arrivalNs - track.lastArrivalNs;
    return track.lastPtsNs + (elapsed > MIN_STEP_NS ? elapsed : MIN_STEP_NS);
  }

  #firstOfTrack(buffer: BufferTimes): bigint {
    if (this.#settings.streamingType === 'offline' || this.#offsetNs === undefined) return 0n;
    return this.#wallClockNs(buffer.arrivalNs) - this.#offsetNs;
  }

  #remember(buffer: BufferTimes, ptsNs: bigint): void {
    const track = this.#tracks.get(buffer.track);
    if (track === undefined) {
      this.#tracks.set(buffer.track, {
        lastPtsNs: ptsNs,
        lastDurationNs: buffer.durationNs,
        lastArrivalNs: buffer.arrivalNs,
      });
      return;
    }
    track.lastPtsNs = ptsNs;
    track.lastDurationNs = buffer.durationNs;
    track.lastArrivalNs = buffer.arrivalNs;
  }

  #shift(source: FrameTimes, arrivalNs: bigint): FrameTimes {
    if (this.useOriginalPts) {
      this.#offsetNs ??= 0n;
      return source;
    }
    this.#offsetNs ??=
      this.#settings.streamingType === 'offline'
        ? this.#offlineOffset(source.ptsNs)
        : this.#realtimeOffset(source.ptsNs, arrivalNs);
    const offset = this.#offsetNs;
    return {
      ptsNs: source.ptsNs + offset,
      dtsNs: source.dtsNs === undefined ? undefined : source.dtsNs + offset,
    };
  }

  #offlineOffset(firstPtsNs: bigint): bigint {
    const offset = this.#settings.fileStartTimeS * NS_PER_S;
    const latest = this.#latestEndNs;
    // After a seek back, media time goes on behind what was sent: KVS takes no time twice.
    if (latest !== undefined && firstPtsNs + offset < latest) return latest - firstPtsNs;
    return offset;
  }

  #realtimeOffset(firstPtsNs: bigint, arrivalNs: bigint): bigint {
    const wall = this.#wallClockNs(arrivalNs);
    const latest = this.#latestEndNs;
    const start = latest !== undefined && wall < latest ? latest : wall;
    return start - firstPtsNs;
  }
}
