/** Surplus: how much more lies ahead of the picture than it ever needed lately. */
const HURRY_ABOVE_S = 0.35;
const ENOUGH_BELOW_S = 0.15;
/** What the surplus is the least of. */
const WINDOW_S = 3;
/** Beyond this the picture jumps instead of hurrying. */
const JUMP_ABOVE_S = 2;
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
  #beganS: number | undefined;
  #isHurrying = false;

  /**
   * @param atS a monotonic time.
   * @param behindS from the picture to the end of what is buffered.
   */
  next(atS: number, behindS: number): Correction {
    this.#beganS ??= atS;
    while ((this.#least.at(-1)?.behindS ?? Number.NEGATIVE_INFINITY) >= behindS) this.#least.pop();
    this.#least.push({ atS, behindS });
    while ((this.#least[0]?.atS ?? atS) < atS - WINDOW_S) this.#least.shift();
    const isKnown = atS - this.#beganS >= WINDOW_S;
    const surplusS = this.#least[0]?.behindS ?? 0;
    if (isKnown && surplusS > JUMP_ABOVE_S) {
      this.reset();
      return { rate: 1, jump: true };
    }
    if (this.#isHurrying) this.#isHurrying = behindS > ENOUGH_BELOW_S && surplusS > ENOUGH_BELOW_S;
    else this.#isHurrying = isKnown && surplusS > HURRY_ABOVE_S;
    return { rate: this.#isHurrying ? HURRY_RATE : 1, jump: false };
  }

  /** The picture was put elsewhere: what was seen before says nothing any more. */
  reset(): void {
    this.#least = [];
    this.#beganS = undefined;
    this.#isHurrying = false;
  }
}
