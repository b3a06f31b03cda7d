/** Surplus: how much more lies ahead of the picture than it ever needed lately. */
const HURRY_ABOVE_S = 0.35;
const ENOUGH_BELOW_S = 0.15;
/** What the surplus is the least of. */
const WINDOW_S = 3;
/** Beyond this the picture jumps: hurrying, it would be behind for more than ten seconds. */
const JUMP_ABOVE_S = 0.75;
/** After a stall it is known sooner: the picture has just stood still, so that a jump costs little. */
const LEAST_WINDOW_S = 0.25;
const ARRIVALS_IN_WINDOW = 1.5;
/** For how long the longest time between two arrivals counts. */
const ARRIVALS_REMEMBERED_S = 10;
/** What each stall adds to what the picture keeps in reserve, and what it loses without one. */
const RESERVE_PER_STALL_S = 0.12;
const MAX_RESERVE_S = 0.4;
const RESERVE_LOST_PER_S = 0.002;
/** Hardly heard, with the pitch kept. */
const HURRY_RATE = 1.06;

/** What the picture should do. */
export type Correction = { readonly rate: number; readonly jump: boolean };

/**
 * Keeps a live picture close to the newest frame. How far it is behind goes up and down with every
 * frame or group that arrives; what it never falls below within seconds is surplus, and only that
 * is worth catching up on. A rate that follows each frame would be heard.
 */
export class LatencyControl {
  /** Samples of the window whose later ones are all greater: the first is the least. */
  #least: { readonly atS: number; readonly behindS: number }[] = [];
  /** Since when samples count, and whether a stall came before them. */
  #began: { readonly atS: number; readonly isAfterStall: boolean } | undefined;
  #isHurrying = false;
  /** What arrives unevenly is kept further away, so that the picture does not stall again. */
  #reserve: { readonly s: number; readonly atS: number } = { s: 0, atS: 0 };
  #lastArrivalS: number | undefined;
  /** The longest time lately between two arrivals, but for those that the picture waited for. */
  #longestGap: { readonly s: number; readonly atS: number } = { s: 0, atS: 0 };

  /**
   * Called whenever media arrive.
   * @param atS a monotonic time.
   * @param behindS from the picture to the end of what had been buffered before.
   */
  next(atS: number, behindS: number): Correction {
    this.#noteArrival(atS);
    this.#began ??= { atS, isAfterStall: false };
    const ageS = atS - this.#began.atS;
    const isAfterStall = this.#began.isAfterStall && ageS < WINDOW_S;
    const windowS = isAfterStall ? this.#windowAfterStallS() : WINDOW_S;
    while ((this.#least.at(-1)?.behindS ?? Number.NEGATIVE_INFINITY) >= behindS) this.#least.pop();
    this.#least.push({ atS, behindS });
    while ((this.#least[0]?.atS ?? atS) < atS - windowS) this.#least.shift();
    const surplusS = this.#least[0]?.behindS ?? 0;
    const isKnown = ageS >= windowS;
    const jumpAboveS = isAfterStall ? this.reserveS(atS) + HURRY_ABOVE_S : JUMP_ABOVE_S;
    if (isKnown && surplusS > jumpAboveS) {
      this.reset();
      return { rate: 1, jump: true };
    }
    const leastS = this.reserveS(atS) + (this.#isHurrying ? ENOUGH_BELOW_S : HURRY_ABOVE_S);
    this.#isHurrying = isKnown && Math.min(behindS, surplusS) > leastS;
    return { rate: this.#isHurrying ? HURRY_RATE : 1, jump: false };
  }

  /** The picture waits for data, as it does after each jump, too. */
  waits(): void {
    this.#lastArrivalS = undefined;
    this.reset();
  }

  /** It waits although it was not put elsewhere: what was kept ahead of it was too little. */
  stalled(atS: number): void {
    const s = Math.min(MAX_RESERVE_S, this.reserveS(atS) + RESERVE_PER_STALL_S);
    this.#reserve = { s, atS };
    this.waits();
  }

  /** The picture goes on after it had to wait. */
  resumed(atS: number): void {
    this.reset();
    this.#began = { atS, isAfterStall: true };
  }

  /** How much more than usual the picture keeps ahead of itself. */
  reserveS(atS: number): number {
    return Math.max(0, this.#reserve.s - (atS - this.#reserve.atS) * RESERVE_LOST_PER_S);
  }

  /** The picture was put elsewhere: what was seen before says nothing any more. */
  reset(): void {
    this.#least = [];
    this.#began = undefined;
    this.#isHurrying = false;
  }

  #noteArrival(atS: number): void {
    const s = atS - (this.#lastArrivalS ?? atS);
    this.#lastArrivalS = atS;
    const isForgotten = atS - this.#longestGap.atS > ARRIVALS_REMEMBERED_S;
    if (s >= this.#longestGap.s || isForgotten) this.#longestGap = { s, atS };
  }

  /** Whole groups of pictures that arrive at once are no surplus. */
  #windowAfterStallS(): number {
    return Math.max(LEAST_WINDOW_S, ARRIVALS_IN_WINDOW * this.#longestGap.s);
  }
}
