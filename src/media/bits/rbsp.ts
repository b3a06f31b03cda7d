import { KvsError } from '../../errors/kvs-error.ts';

/**
 * The raw bytes of a NAL unit without its emulation prevention bytes: 03 after 00 00 (H.264 and
 * H.265 7.3.1.1). The NAL header stays in front.
 */
export function removeEmulationPrevention(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length] = byte;
    length += 1;
  }
  return out.subarray(0, length);
}

/** Undefined where `read` finds the data cut off or damaged: for what can be done without. */
export function ifWhole<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KvsError) return undefined;
    throw error;
  }
}

/** Reads bits, most significant first, and the Exp-Golomb codes of H.264 and H.265 (9.1). */
export class BitReader {
  readonly #data: Uint8Array;
  #bit: number;

  /** `firstByte` is where reading begins. */
  constructor(data: Uint8Array, firstByte = 0) {
    this.#data = data;
    this.#bit = 8 * firstByte;
  }

  /** Bits read so far, those in front of the first byte included. */
  get position(): number {
    return this.#bit;
  }

  get bitsLeft(): number {
    return 8 * this.#data.length - this.#bit;
  }

  /** One bit. @throws KvsError STATUS_BIT_READER_OUT_OF_RANGE behind the end, as all below. */
  bit(): number {
    const byte = this.#data[this.#bit >> 3];
    if (byte === undefined) {
      throw new KvsError(
        'STATUS_BIT_READER_OUT_OF_RANGE',
        `The data ends after ${this.#data.length} bytes, in the middle of a syntax element`,
      );
    }
    const bit = (byte >> (7 - (this.#bit & 7))) & 1;
    this.#bit += 1;
    return bit;
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

  /** Throws when fewer than `count` bits are left. */
  require(count: number): void {
    if (count > this.bitsLeft) {
      this.#bit = 8 * this.#data.length;
      this.bit();
    }
  }

  /** Passes over bits. @throws KvsError as bit() where there are fewer */
  skip(count: number): void {
    this.require(count);
    this.#bit += count;
  }

  /** ue(v). */
  unsignedGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 32) {
        throw new KvsError(
          'STATUS_BIT_READER_INVALID_SIZE',
          'An Exp-Golomb code is longer than 32 bits',
        );
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v). */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }
}
