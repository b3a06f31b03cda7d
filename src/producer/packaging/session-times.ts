import { TimecodeScale } from '../../matroska/timecode.ts';
import type { TimeCorrection } from '../../storage/time-correction.ts';

/** Times later than this (2000-01-01) are epoch times; no running time gets there. */
const EPOCH_TIMES_FROM_NS = 946_684_800_000_000_000n;

/** With this scale a fragment can hold 3.2 s: block timecodes have 16 bits. */
const MIN_SESSION_SCALE_NS = 100_000;

/**
 * The timecode scale that sessions are written with: the given one, or where that is so small that
 * fragments could not be a second long, its smallest multiple that lets them.
 */
export function sessionScaleNs(wantedNs: number): number {
  return wantedNs * Math.max(1, Math.ceil(MIN_SESSION_SCALE_NS / wantedNs));
}

/** Fragments, of a second at least, that the beginning of another can reach back to. */
const REACHABLE_FRAGMENTS = 16;

/** How a stream counts its times. */
export type SessionTimesOptions = {
  readonly timecodeScaleNs: number;
  /** True: timecodes count from the epoch; false: from the stream's first frame. */
  readonly isAbsolute: boolean;
  /** Frames' times count from their medium's beginning: no clock's error is in them. */
  readonly areMediaTimes: boolean;
  /** The clock that frames are stamped by, in ms, for the start of a stream with relative times. */
  readonly nowMs: () => number;
};

/** Turns presentation times into timecode units, absolute or relative. */
export class SessionTimes {
  readonly #options: SessionTimesOptions;
  readonly #scale: TimecodeScale;
  /** Divided by, a time becomes the units that have gone by since. */
  readonly #unitNs: bigint;
  #baseNs: bigint | undefined;
  #startMs: number | undefined;
  #correctionNs = 0n;
  /** The same for the start alone, where frames' times are not a clock's. */
  #startCorrectionMs = 0;
  /** Of the newest fragments, oldest first. */
  #used: bigint[] = [];

  constructor(options: SessionTimesOptions) {
    this.#options = options;
    this.#scale = new TimecodeScale(options.timecodeScaleNs);
    this.#unitNs = BigInt(options.timecodeScaleNs);
  }

  get isAbsolute(): boolean {
    return this.#options.isAbsolute;
  }

  get hasStarted(): boolean {
    return this.#baseNs !== undefined;
  }

  /** Epoch ms of timecode 0, which the service has to be told where timecodes are relative. */
  get producerStartMs(): number | undefined {
    return this.isAbsolute ? undefined : this.#startMs;
  }

  /** What is added to frames' times: the clock they come from was wrong. */
  get correctionNs(): bigint {
    return this.#correctionNs;
  }

  /**
   * The clock is off by so much more. Relative timecodes stay what they are: their beginning moves.
   * So does that of frames whose times are no clock's: they begin when the first one came.
   * @returns by how much timecodes, times and the beginning change, in whole units
   */
  correct(byNs: bigint): TimeCorrection {
    const units = this.#scale.toUnits(byNs);
    const wholeNs = this.#scale.toNs(units);
    const wholeMs = Number(wholeNs / 1_000_000n);
    if (this.#startMs !== undefined) this.#startMs += wholeMs;
    if (this.#options.areMediaTimes) {
      this.#startCorrectionMs += wholeMs;
      return { units: 0n, byNs: 0n, startMs: wholeMs };
    }
    this.#correctionNs += wholeNs;
    if (this.isAbsolute) return { units, byNs: wholeNs, startMs: wholeMs };
    if (this.#baseNs !== undefined) this.#baseNs += wholeNs;
    return { units: 0n, byNs: wholeNs, startMs: wholeMs };
  }

  /** The stream, or its timeline, begins at this time. */
  start(ptsNs: bigint): void {
    const startNs = ptsNs + this.#correctionNs;
    this.#baseNs = this.isAbsolute ? 0n : startNs;
    this.#startMs =
      startNs >= EPOCH_TIMES_FROM_NS
        ? Number(startNs / 1_000_000n)
        : this.#options.nowMs() + this.#startCorrectionMs;
    this.#used = [];
  }

  units(ptsNs: bigint): bigint {
    return (ptsNs + this.#correctionNs - (this.#baseNs ?? 0n)) / this.#unitNs;
  }

  /**
   * Timecode of a fragment that begins at this time. Those of a session only go up, also where
   * rounding makes two the same. A session's first one may reach back, for a track that has joined,
   * but not to exactly where another fragment begins: the service would put it in that one's place.
   * @param last the session's last; negative for its first fragment
   */
  clusterTimecode(ptsNs: bigint, last: bigint): bigint {
    let timecode = this.units(ptsNs);
    if (timecode <= last) timecode = last + 1n;
    const step = last < 0n && timecode >= REACHABLE_FRAGMENTS ? -1n : 1n;
    while (this.#used.includes(timecode)) timecode += step;
    this.#used.push(timecode);
    if (this.#used.length > REACHABLE_FRAGMENTS) this.#used.shift();
    return timecode;
  }
}
