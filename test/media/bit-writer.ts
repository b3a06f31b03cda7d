/** Writes bits and Exp-Golomb codes, to make parameter sets that no encoder at hand makes. */
export class BitWriter {
  #bits = '';

  u(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  ue(...values: number[]): this {
    for (const value of values) {
      const code = (value + 1).toString(2);
      this.#bits += code.padStart(2 * code.length - 1, '0');
    }
    return this;
  }

  se(...values: number[]): this {
    return this.ue(...values.map((value) => (value > 0 ? 2 * value - 1 : -2 * value)));
  }

  /** Zeros up to the next whole byte. */
  align(): this {
    this.#bits = this.#bits.padEnd(8 * Math.ceil(this.#bits.length / 8), '0');
    return this;
  }

  /** `header`, the bits with their stop bit, emulation prevention bytes where they must be. */
  nal(...header: number[]): Buffer {
    const bits = `${this.#bits}1`;
    const padded = bits.padEnd(8 * Math.ceil(bits.length / 8), '0');
    const bytes = [...header];
    for (const byte of padded.match(/.{8}/g) ?? []) {
      const value = Number.parseInt(byte, 2);
      if (value <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
      bytes.push(value);
    }
    return Buffer.from(bytes);
  }
}
