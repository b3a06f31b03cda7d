/** An Exp-Golomb code with more leading zeros is none (H.264 and H.265 9.1 go up to 32 bits). */
const MAX_GOLOMB_ZEROS = 32;

/**
 * Reads a slice header where it lies: emulation prevention bytes are passed over as they come, so
 * that nothing is copied and no more is looked at than is asked for. One reader serves all slices
 * of a track.
 *
 * It does not throw, since damaged slices are part of the daily work: behind the end of the NAL
 * unit it reads zeros, and `failed` says so once at the end.
 */
export class SliceReader {
  #data: Uint8Array = new Uint8Array();
  /** The next byte to be loaded, and the end of the NAL unit. */
  #at = 0;
  #end = 0;
  /** Zero bytes in a row in front of #at. */
  #zeros = 0;
  #byte = 0;
  /** Bits of #byte that were not read yet. */
  #bitsLeft = 0;
  #failed = false;

  /** Begins to read at `start`; NAL headers hold no emulation prevention bytes. */
  reset(data: Uint8Array, start: number, end: number): void {
    this.#data = data;
    this.#at = start;
    this.#end = Math.min(end, data.length);
    this.#zeros = 0;
    this.#bitsLeft = 0;
    this.#failed = false;
  }

  /** True when the header went on behind the end, or had a code that is none. */
  get failed(): boolean {
    return this.#failed;
  }

  bit(): number {
    if (this.#bitsLeft === 0) this.#load();
    this.#bitsLeft -= 1;
    return (this.#byte >> this.#bitsLeft) & 1;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    for (let i = 0; i < count && !this.#failed; i += 1) this.bit();
  }

  /** ue(v). */
  unsignedGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > MAX_GOLOMB_ZEROS || this.#failed) {
        this.#failed = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v). */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }

  #load(): void {
    this.#bitsLeft = 8;
    if (this.#zeros >= 2 && this.#at < this.#end && this.#data[this.#at] === 3) {
      this.#at += 1;
      this.#zeros = 0;
    }
    if (this.#at >= this.#end) {
      this.#failed = true;
      this.#byte = 0;
      return;
    }
    this.#byte = this.#data[this.#at] ?? 0;
    this.#at += 1;
    this.#zeros = this.#byte === 0 ? this.#zeros + 1 : 0;
  }
}
