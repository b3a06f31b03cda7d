/** Most pictures in a set, and sets in a SPS (H.265 7.4.3.2.1, 7.4.8). */
export const MAX_REF_PICS = 16;

/** What reads bits: a SPS's reader, or a slice header's. */
export type Bits = {
  bit(): number;
  flag(): boolean;
  bits(count: number): number;
  unsignedGolomb(): number;
};

/**
 * A short-term reference picture set: pictures that the decoder keeps, by their distance in picture
 * order count from the present one; those before it first, each half by closeness.
 */
export class ReferenceSet {
  count = 0;
  negatives = 0;
  readonly deltas: Int32Array = new Int32Array(MAX_REF_PICS);
  /** 1: the present picture itself may refer to it; 0: only later ones. */
  readonly used: Uint8Array = new Uint8Array(MAX_REF_PICS);
  /** What is read of a set that is predicted from another one. */
  readonly #usedFlags = new Uint8Array(MAX_REF_PICS + 1);
  readonly #keptFlags = new Uint8Array(MAX_REF_PICS + 1);

  clear(): void {
    this.count = 0;
    this.negatives = 0;
  }

  /**
   * st_ref_pic_set(index) (H.265 7.3.7).
   * @param before sets of the SPS with a lower index; all of them in a slice header
   * @returns false when it makes no sense
   */
  read(bits: Bits, before: readonly ReferenceSet[], isInSlice: boolean): boolean {
    this.clear();
    if (before.length > 0 && bits.flag()) return this.#readPredicted(bits, before, isInSlice);
    const negatives = bits.unsignedGolomb();
    const positives = bits.unsignedGolomb();
    if (negatives + positives > MAX_REF_PICS) return false;
    this.#readHalf(bits, negatives, -1);
    this.negatives = negatives;
    this.#readHalf(bits, positives, 1);
    return true;
  }

  #readHalf(bits: Bits, count: number, sign: number): void {
    let delta = 0;
    for (let i = 0; i < count; i += 1) {
      delta += sign * (bits.unsignedGolomb() + 1);
      this.#add(delta, bits.bit());
    }
  }

  #readPredicted(bits: Bits, before: readonly ReferenceSet[], isInSlice: boolean): boolean {
    const back = isInSlice ? bits.unsignedGolomb() + 1 : 1;
    const from = before[before.length - back];
    if (from === undefined) return false;
    const sign = bits.flag() ? -1 : 1;
    const step = sign * (bits.unsignedGolomb() + 1);
    const [used, kept] = [this.#usedFlags, this.#keptFlags];
    for (let i = 0; i <= from.count; i += 1) {
      used[i] = bits.bit();
      kept[i] = used[i] === 1 ? 1 : bits.bit();
    }
    // 7-61 and 7-62: what came after goes first among those before, and the reverse.
    for (let i = from.count - 1; i >= from.negatives; i -= 1) this.#take(from, i, step, -1);
    this.#takeStep(from.count, step, -1);
    for (let i = 0; i < from.negatives; i += 1) this.#take(from, i, step, -1);
    this.negatives = this.count;
    for (let i = from.negatives - 1; i >= 0; i -= 1) this.#take(from, i, step, 1);
    this.#takeStep(from.count, step, 1);
    for (let i = from.negatives; i < from.count; i += 1) this.#take(from, i, step, 1);
    return this.count <= MAX_REF_PICS;
  }

  #take(from: ReferenceSet, index: number, step: number, sign: number): void {
    const delta = (from.deltas[index] ?? 0) + step;
    if (delta * sign > 0 && this.#keptFlags[index] === 1) {
      this.#add(delta, this.#usedFlags[index] ?? 0);
    }
  }

  #takeStep(index: number, step: number, sign: number): void {
    if (step * sign > 0 && this.#keptFlags[index] === 1) {
      this.#add(step, this.#usedFlags[index] ?? 0);
    }
  }

  #add(delta: number, isUsed: number): void {
    this.deltas[this.count] = delta;
    this.used[this.count] = isUsed;
    this.count += 1;
  }
}
