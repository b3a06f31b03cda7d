import type { NalCodec } from './nal-codec.ts';
import { keyOf, type ParameterSet } from './parameter-sets.ts';
import { SetCoverage } from './set-coverage.ts';

/**
 * Sees to it that whoever begins to read at a stored key frame has every parameter set that its
 * pictures use, from the header or from the frames. What is looked at may be looked at again; it
 * counts when it is stored.
 */
export class StoredSets {
  /** Used by the picture that was looked at, and neither in its unit nor where its reader has been. */
  readonly missing: ParameterSet[] = [];
  /** Go in front of the next picture that is stored. */
  pending: readonly ParameterSet[] = [];
  /** Decoding may start at the picture that was looked at. */
  isStart = false;
  readonly #codec: NalCodec;
  #coverage = new SetCoverage();
  /** In the unit that is looked at. */
  readonly #unit: ParameterSet[] = [];
  #hasNew = false;
  /** The PPS that further pictures of this group use, once its readers are known to have it. */
  #covered: ParameterSet | undefined;

  constructor(codec: NalCodec) {
    this.#codec = codec;
  }

  /** Goes on where another adapter of the track was. */
  inherit(from: StoredSets): void {
    this.#coverage = from.#coverage;
    this.#covered = undefined;
    this.pending = from.pending;
  }

  /** The header holds what the codec knows now. */
  headerIsNew(): void {
    this.#coverage.takeHeader(this.#codec.sets.values());
    this.#covered = undefined;
    this.missing.length = 0;
  }

  beginUnit(): void {
    this.#unit.length = 0;
    this.missing.length = 0;
    this.#hasNew = false;
  }

  /** A set is in the unit. @param isNew it was not known */
  came(set: ParameterSet, isNew: boolean): void {
    this.#unit.push(set);
    this.#hasNew ||= isNew;
    if (isNew) this.#covered = undefined;
  }

  /**
   * The unit has no picture, and is not stored. Its sets go with the next one, if that needs any of
   * them; all of them: a decoder drops a PPS when its SPS is replaced.
   */
  keepForNext(): void {
    const areNeeded =
      this.#hasNew ||
      this.pending.length > 0 ||
      this.#unit.some((set) => !this.#coverage.inHeader(set));
    if (areNeeded) for (const set of this.#unit) this.#hold(set);
  }

  /**
   * A slice of the unit's picture uses the PPS with this number, and what that refers to. With a
   * SPS that is missing goes its PPS. Decoding may start at the picture if `isStart`.
   */
  useOf(ppsId: number | undefined, isStart: boolean): void {
    this.isStart = isStart;
    const { sets } = this.#codec;
    const pps = ppsId === undefined ? undefined : sets.get('pps', ppsId);
    if (pps === undefined || (pps === this.#covered && !isStart)) return;
    const sps = sets.parentOf(pps);
    const vps = sps && sets.parentOf(sps);
    const lacksVps = this.#lacks(vps);
    const lacksSps = lacksVps || this.#lacks(sps);
    if (lacksVps) this.#miss(vps);
    if (lacksSps) this.#miss(sps);
    const lacksPps = lacksSps || this.#lacks(pps);
    if (lacksPps) this.#miss(pps);
    // What is only in this unit, or in front of it, counts when that is stored.
    const isStored = this.#unit.length === 0 && this.pending.length === 0;
    if (!lacksPps && !isStart && isStored) this.#covered = pps;
  }

  /** What is missing goes in front of the picture: what refers to a set behind it. */
  insertMissing(): void {
    for (const set of this.missing) this.#hold(set);
    this.pending = this.pending.toSorted((a, b) => keyOf(a) - keyOf(b));
    this.missing.length = 0;
  }

  forgetPending(): void {
    this.pending = [];
  }

  /** The unit was stored, with what was pending. */
  wasStored(): void {
    if (this.isStart) {
      this.#coverage.begin();
      this.#covered = undefined;
    }
    for (const set of this.pending) this.#coverage.add(set);
    for (const set of this.#unit) this.#coverage.add(set);
    if (this.pending.length > 0) this.pending = [];
  }

  #lacks(set: ParameterSet | undefined): boolean {
    if (set === undefined || this.#unit.includes(set) || this.pending.includes(set)) return false;
    return this.isStart ? !this.#coverage.inHeader(set) : !this.#coverage.has(set);
  }

  #miss(set: ParameterSet | undefined): void {
    if (set !== undefined && !this.missing.includes(set)) this.missing.push(set);
  }

  #hold(set: ParameterSet): void {
    const key = keyOf(set);
    this.pending = [...this.pending.filter((held) => keyOf(held) !== key), set];
  }
}
