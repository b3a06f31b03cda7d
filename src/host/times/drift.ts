import type { Lateness } from './lateness.ts';

/** Lateness that changes by less is left alone: it is not the clock's. */
const UNNOTICED_NS = 200_000_000n;
/** A deviation as large as this divided by a million would be followed within that time. */
const RATE_DIVISOR = 100_000n;
/** No ear and no eye notices two in a thousand, and no clock is that far off. */
const MAX_PPM = 2_000n;
/** Times ahead of the clock by more are drawn back by two in a hundred, since they cannot leap. */
const FAR_AHEAD_NS = 3_000_000_000n;
const FAST_PPM = 20_000n;
/** Beyond, frames are being held back, and come to themselves again. */
const MAX_DEVIATION_NS = 5_000_000_000n;
/** Lateness is brought back to what it was at first, if that was no more than this. */
const MAX_USUAL_NS = 2_000_000_000n;
const MILLION = 1_000_000n;

/**
 * What the source's clock has drifted against the stamp clock, followed in proportion to the media
 * that goes by: no frame is moved against the one before it by more than a rounding.
 */
export class Drift {
  /** To be added to every track's offset. */
  totalNs = 0n;
  /** There is one that is made up for. */
  isFollowed = false;
  #ppm = 0n;

  /** A window of some track has ended. What only one of them shows is not the source's clock. */
  measure(tracks: readonly Lateness[], isLive: boolean): void {
    let least: bigint | undefined;
    let isAhead = isLive;
    for (const track of tracks) {
      const deviation = deviationOf(track);
      if (deviation === undefined) continue;
      if (least === undefined || size(deviation) < size(least)) least = deviation;
      isAhead &&= (track.lastWindowNs ?? 0n) < -FAR_AHEAD_NS;
    }
    if (least === undefined) this.#ppm = 0n;
    else this.#ppm = isAhead ? -FAST_PPM : rateFor(least);
    this.isFollowed = this.#ppm !== 0n;
  }

  /** So much media went by; negative for frames behind others. */
  advance(mediaNs: bigint): void {
    if (mediaNs > 0n) this.totalNs += (mediaNs * this.#ppm) / MILLION;
  }
}

/** From the lateness of the beginning; from the nearest that can be left alone, if that was large. */
function deviationOf({ deviationNs, lastWindowNs }: Lateness): bigint | undefined {
  if (deviationNs === undefined || lastWindowNs === undefined) return undefined;
  const usualNs = lastWindowNs - deviationNs;
  if (usualNs > MAX_USUAL_NS) return lastWindowNs - MAX_USUAL_NS;
  return usualNs < -MAX_USUAL_NS ? lastWindowNs + MAX_USUAL_NS : deviationNs;
}

function rateFor(deviationNs: bigint): bigint {
  const distanceNs = size(deviationNs);
  if (distanceNs <= UNNOTICED_NS || distanceNs > MAX_DEVIATION_NS) return 0n;
  const wanted = (distanceNs - UNNOTICED_NS) / RATE_DIVISOR;
  const ppm = wanted < MAX_PPM ? wanted : MAX_PPM;
  return deviationNs < 0n ? -ppm : ppm;
}

function size(ns: bigint): bigint {
  return ns < 0n ? -ns : ns;
}
