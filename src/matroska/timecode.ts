import { checkTimecodeScale } from './matroska-limits.ts';

/**
 * Converts between nanoseconds and units of a timecode scale, with integers only. Conversion to
 * units truncates, as upstream's does, so that a time and its unit never swap their order.
 */
export class TimecodeScale {
  /** Nanoseconds per unit. */
  readonly scaleNs: number;
  readonly #scale: bigint;

  /** @throws KvsError STATUS_MKV_INVALID_TIMECODE_SCALE outside 100 ns … 1 s */
  constructor(scaleNs: number) {
    checkTimecodeScale(scaleNs);
    this.scaleNs = scaleNs;
    this.#scale = BigInt(scaleNs);
  }

  toUnits(timeNs: bigint): bigint {
    return timeNs / this.#scale;
  }

  toNs(units: bigint): bigint {
    return units * this.#scale;
  }
}
