import type { TimeLeap, UntimedFrames } from '../../../src/host/times/time-events.ts';
import {
  type BufferTimes,
  TimestampMapper,
  type TimestampSettings,
} from '../../../src/host/times/timestamp-mapper.ts';

/** Nanoseconds of a millisecond, and of a second. */
export const MS = 1_000_000n;
export const S = 1_000n * MS;
/** Epoch ns at moment 0 of the monotonic clock. */
export const WALL = 1_700_000_000n * S;

/** A frame on its way into a mapper; what is left out has the usual value. */
export type SimulatedFrame = {
  readonly track?: number;
  readonly pts: bigint | undefined;
  readonly arrival: bigint;
  readonly isKeyFrame?: boolean;
  readonly duration?: bigint;
};

/** What a mapper made of a frame. */
export type StampedFrame = {
  readonly track: number;
  /** Since WALL. */
  readonly stamp: bigint;
  readonly arrival: bigint;
  readonly beginsTimeline: boolean;
};

/** A mapper with everything that it says. Track 2 is sound, any other one video. */
export class Simulation {
  readonly leaps: TimeLeap[] = [];
  readonly untimed: UntimedFrames[] = [];
  readonly frames: StampedFrame[] = [];
  readonly mapper: TimestampMapper;
  derived = 0;
  #wall = WALL;

  constructor(settings: Partial<TimestampSettings> = {}, isLive?: boolean) {
    this.mapper = new TimestampMapper(
      {
        streamingType: 'realtime',
        fileStartTimeS: 0n,
        frameTimestamp: 'default-timestamp',
        frameIntervalNs: 40n * MS,
        ...settings,
      },
      false,
      (arrival) => this.#wall + arrival,
      {
        leapt: (leap) => this.leaps.push(leap),
        untimed: (untimed) => this.untimed.push(untimed),
        derived: () => {
          this.derived += 1;
        },
      },
    );
    if (isLive !== undefined) this.mapper.isLive = isLive;
  }

  /** The machine's clock is set. */
  stepClock(by: bigint): void {
    this.#wall += by;
  }

  /** @returns the frame's stamp, since WALL (offline: as it is) */
  push(frame: SimulatedFrame, more: Partial<BufferTimes> = {}): bigint {
    const { track = 1, pts, arrival, isKeyFrame = true, duration = 0n } = frame;
    const times = this.mapper.map({
      track,
      ptsNs: pts,
      dtsNs: undefined,
      durationNs: duration,
      arrivalNs: arrival,
      isKeyFrame,
      reorders: track !== 2,
      ...more,
    });
    const stamp = times.timeNs >= WALL / 2n ? times.timeNs - WALL : times.timeNs;
    this.frames.push({ track, stamp, arrival, beginsTimeline: times.beginsTimeline });
    return stamp;
  }

  /** Frames of 30 Hz with a key frame each second. `shift` is added to their PTS. */
  video(from: bigint, until: bigint, shift = 0n, track = 1): bigint[] {
    const stamps: bigint[] = [];
    for (let index = ceil(from * 30n, S); (index * S) / 30n < until; index += 1n) {
      const at = (index * S) / 30n;
      const isKeyFrame = index % 30n === 0n;
      stamps.push(this.push({ track, pts: at + shift, arrival: at, isKeyFrame }));
    }
    return stamps;
  }

  /** Largest distance of a stamp from its arrival. */
  get worstErrorNs(): bigint {
    let worst = 0n;
    for (const { stamp, arrival } of this.frames) {
      const error = stamp > arrival ? stamp - arrival : arrival - stamp;
      if (error > worst) worst = error;
    }
    return worst;
  }

  /** How late the last frame came, after its stamp. */
  get lastErrorNs(): bigint {
    const last = this.frames.at(-1);
    return last === undefined ? 0n : last.arrival - last.stamp;
  }

  /** How far a stamp lies before the latest one of its track. */
  get furthestBackNs(): bigint {
    const latest = new Map<number, bigint>();
    let furthest = 0n;
    for (const { track, stamp } of this.frames) {
      const back = (latest.get(track) ?? stamp) - stamp;
      if (back > furthest) furthest = back;
      if (back <= 0n) latest.set(track, stamp);
    }
    return furthest;
  }

  /** The first stamp of a track that is before the one in front of it. */
  get firstStepBack(): StampedFrame | undefined {
    const last = new Map<number, bigint>();
    return this.frames.find(({ track, stamp }) => {
      const before = last.get(track);
      last.set(track, stamp);
      return before !== undefined && stamp < before;
    });
  }
}

function ceil(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
