/** An Exp-Golomb code with more leading zeros is none (H.264 and H.265 9.1 go up to 32 bits). */
const MAX_GOLOMB_ZEROS = 32;
/** The window holds at least so many bits after it was filled, unless the NAL unit has ended. */
const FILLED_BITS = 25;

/**
 * Reads a slice header where it lies: emulation prevention bytes are passed over as they come, so
 * that nothing is copied and no more is looked at than is asked for. One reader serves all slices
 * of a track.
 *
 * It does not throw, since damaged slices are part of the daily work: behind the end of the NAL
 * unit it reads zeros, and `failed` says so once at the end.
 */
export class SliceReader {
  /** The header went on behind the end, or had a code that is none. */
  failed = false;
  #data: Uint8Array = new Uint8Array();
  /** The next byte to be loaded, and the end of the NAL unit. */
  #at = 0;
  #end = 0;
  /** Zero bytes in a row in front of #at. */
  #zeros = 0;
  /** Bits that were loaded and not read yet: the next one is the highest, zeros follow the last. */
  #window = 0;
  #windowBits = 0;

  /** Begins to read at `start`; NAL headers hold no emulation prevention bytes. */
  reset(data: Uint8Array, start: number, end: number): void {
    this.#data = data;
    this.#at = start;
    this.#end = Math.min(end, data.length);
    this.#zeros = 0;
    this.#window = 0;
    this.#windowBits = 0;
    this.failed = false;
  }

  bit(): number {
    return this.bits(1);
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    if (count > FILLED_BITS) return this.bits(count - 16) * 0x1_0000 + this.bits(16);
    if (count === 0) return 0;
    if (this.#windowBits < count) this.#fill();
    if (this.#windowBits < count) {
      this.failed = true;
      this.#windowBits = count;
    }
    const value = this.#window >>> (32 - count);
    this.#window <<= count;
    this.#windowBits -= count;
    return value;
  }

  /** ue(v). */
  unsignedGolomb(): number {
    let zeros = Math.clz32(this.#window);
    if (2 * zeros >= this.#windowBits) {
      this.#fill();
      zeros = Math.clz32(this.#window);
      if (2 * zeros >= this.#windowBits) return this.#longGolomb();
    }
    const length = 2 * zeros + 1;
    const code = (this.#window >>> (32 - length)) - 1;
    this.#window <<= length;
    this.#windowBits -= length;
    return code;
  }

  /** se(v). */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }

  /** A code that the window does not hold as a whole. */
  #longGolomb(): number {
    let zeros = 0;
    while (this.bits(1) === 0) {
      zeros += 1;
      if (zeros > MAX_GOLOMB_ZEROS || this.failed) {
        this.failed = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  #fill(): void {
    const data = this.#data;
    while (this.#windowBits < FILLED_BITS) {
      if (this.#zeros >= 2 && this.#at < this.#end && data[this.#at] === 3) {
        this.#at += 1;
        this.#zeros = 0;
      }
      if (this.#at >= this.#end) return;
      const byte = data[this.#at] ?? 0;
      this.#at += 1;
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
      this.#window |= byte << (24 - this.#windowBits);
      this.#windowBits += 8;
    }
  }
}
