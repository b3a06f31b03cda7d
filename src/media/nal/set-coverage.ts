import { keyOf, type ParameterSet, sameBytes } from './parameter-sets.ts';

/**
 * The parameter sets that a reader has: those of the Matroska header, and those in the stored
 * frames since the last picture at which decoding can start. Whoever starts at that picture has no
 * others.
 */
export class SetCoverage {
  #header: ReadonlyMap<number, Uint8Array> = new Map();
  readonly #inBand = new Map<number, Uint8Array>();

  /** The header holds these and no others. */
  takeHeader(sets: Iterable<ParameterSet>): void {
    this.#header = new Map([...sets].map((set) => [keyOf(set), set.nal]));
  }

  /** What is stored next is a picture at which decoding can start. */
  begin(): void {
    this.#inBand.clear();
  }

  /** It is in a stored frame. */
  add(set: ParameterSet): void {
    this.#inBand.set(keyOf(set), set.nal);
  }

  inHeader(set: ParameterSet): boolean {
    return sameBytes(this.#header.get(keyOf(set)), set.nal);
  }

  /** True when a reader that started at the last such picture has exactly these bytes. */
  has(set: ParameterSet): boolean {
    const key = keyOf(set);
    return sameBytes(this.#inBand.get(key) ?? this.#header.get(key), set.nal);
  }
}
