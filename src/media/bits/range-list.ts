/**
 * Where the parts of one access unit lie: a list that is filled again for every access unit, so
 * that finding them allocates nothing.
 */
export class RangeList {
  /** start, end, start, end, … */
  #bounds = new Uint32Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Offset of the part's first byte. */
  start(index: number): number {
    return this.#bounds[2 * index] ?? 0;
  }

  /** Offset behind the part's last byte. */
  end(index: number): number {
    return this.#bounds[2 * index + 1] ?? 0;
  }

  clear(): void {
    this.#count = 0;
  }

  add(start: number, end: number): void {
    const at = 2 * this.#count;
    if (at === this.#bounds.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.#bounds);
      this.#bounds = larger;
    }
    this.#bounds[at] = start;
    this.#bounds[at + 1] = end;
    this.#count += 1;
  }
}
