import { isDeepStrictEqual } from 'node:util';
import type { SliceReader } from '../bits/slice-reader.ts';
import type { Continuity, PictureEntry, RecoveryPoint, References } from '../codec/picture.ts';
import { ReferenceSet } from './h265-reference-set.ts';
import type { H265SliceHeader } from './h265-slice.ts';
import type { H265ReferencePictures, H265Sps } from './h265-sps.ts';

/** nal_unit_type of H.265 table 7-1. */
const RASL = { n: 8, r: 9 } as const;
const LAST_SUB_LAYER = 15;
const FIRST_IRAP = 16;
const LAST_IRAP = 23;
const CRA = 21;
/** slice_type of I slices (H.265 table 7-7). */
const I_SLICE = 2;
/** Pictures that a decoder keeps at most, with some to spare. */
const MAX_PICTURES = 60;
/** Long-term pictures that a slice names at most. */
const MAX_LONG_TERM = 33;

/**
 * Follows the reference picture sets: every slice names the pictures that it needs by their
 * picture order count (H.265 8.3.2), so what is missing is known exactly.
 */
export class H265References implements References {
  entry: PictureEntry = 'unknown';
  isReference = true;
  isSkippable = false;
  readonly #slice: H265SliceHeader;

  // The picture that was looked at.
  #isRead = false;
  #sps: H265Sps | undefined;
  #isAnchor = false;
  #pocLsb = 0;
  readonly #explicitSet = new ReferenceSet();
  #set = this.#explicitSet;
  /** Long-term pictures: their order count, or its lower bits; whether it is whole; use. */
  #longTerm = 0;
  readonly #longTermPoc = new Int32Array(MAX_LONG_TERM);
  readonly #longTermIsWhole = new Uint8Array(MAX_LONG_TERM);
  readonly #longTermUsed = new Uint8Array(MAX_LONG_TERM);

  // The pictures that were accepted.
  #lastSps: H265Sps | undefined;
  #isKnown = false;
  #anchorPoc = 0;
  #pocs = new Int32Array(MAX_PICTURES);
  #spare = new Int32Array(MAX_PICTURES);
  #count = 0;

  /** @param slice read anew for each picture */
  constructor(slice: H265SliceHeader) {
    this.#slice = slice;
  }

  get numberRange(): number {
    return this.#sps?.maxPocLsb ?? 0;
  }

  look(data: Uint8Array, start: number, end: number, recovery: RecoveryPoint | undefined): void {
    const slice = this.#slice;
    const hasHeader = slice.read(data, start, end);
    const type = slice.nalType;
    this.isReference = type > LAST_SUB_LAYER || type % 2 === 1;
    this.isSkippable = type === RASL.n || type === RASL.r;
    this.#isRead = hasHeader && this.#readNames(slice);
    if (type === CRA) this.entry = 'open';
    else if (type >= FIRST_IRAP && type <= LAST_IRAP) this.entry = 'closed';
    else if (recovery !== undefined) this.entry = 'gradual';
    else if (!hasHeader) this.entry = 'unknown';
    else this.entry = slice.sliceType === I_SLICE ? 'intra' : 'inter';
  }

  check(): Continuity {
    if (!this.#isRead || this.#sps === undefined) return 'unknown';
    if (this.#lastSps !== undefined && !isSame(this.#lastSps, this.#sps)) return 'gap';
    if (!this.#isKnown) return 'unknown';
    const poc = this.#poc();
    const set = this.#set;
    for (let i = 0; i < set.count; i += 1) {
      if (set.used[i] === 1 && !this.#has(poc + (set.deltas[i] ?? 0))) return 'gap';
    }
    for (let i = 0; i < this.#longTerm; i += 1) {
      if (this.#longTermUsed[i] === 1 && this.#findLongTerm(i, poc) === undefined) return 'gap';
    }
    return 'continues';
  }

  accept(): void {
    if (!this.#isRead) {
      this.#isKnown = false;
      return;
    }
    const poc = this.#poc();
    this.#lastSps = this.#sps;
    this.#keep(poc);
    if (this.entry === 'closed' || this.entry === 'open') this.#isKnown = true;
    if (this.#isAnchor) this.#anchorPoc = poc;
  }

  inherit(from: References): void {
    if (!(from instanceof H265References)) return;
    this.#lastSps = from.#lastSps;
    this.#isKnown = from.#isKnown;
    this.#anchorPoc = from.#anchorPoc;
    this.#pocs.set(from.#pocs);
    this.#count = from.#count;
  }

  /** The pictures that a slice names, behind slice_pic_order_cnt_lsb (H.265 7.3.6.1). */
  #readNames(slice: H265SliceHeader): boolean {
    const { sps, reader } = slice;
    this.#sps = sps;
    this.#pocLsb = slice.pocLsb;
    this.#isAnchor = slice.isOrderAnchor;
    this.#explicitSet.clear();
    this.#set = this.#explicitSet;
    this.#longTerm = 0;
    const { referencePictures } = sps;
    if (slice.isIdr) return true;
    if (referencePictures === undefined) return false;
    const { sets, hasLongTerm } = referencePictures;
    if (!reader.flag()) {
      if (!this.#explicitSet.read(reader, sets, true)) return false;
    } else {
      const set = sets[sets.length > 1 ? reader.bits(bitsFor(sets.length)) : 0];
      if (set === undefined) return false;
      this.#set = set;
    }
    if (hasLongTerm && !this.#readLongTerm(reader, referencePictures, sps)) return false;
    return !reader.failed;
  }

  #readLongTerm(
    bits: SliceReader,
    { longTerm }: H265ReferencePictures,
    { maxPocLsb }: H265Sps,
  ): boolean {
    const fromSps = longTerm.length > 0 ? bits.unsignedGolomb() : 0;
    const count = fromSps + bits.unsignedGolomb();
    if (count > MAX_LONG_TERM) return false;
    let msbCycle = 0;
    for (let i = 0; i < count; i += 1) {
      if (i < fromSps) {
        const known = longTerm[bits.bits(bitsFor(longTerm.length))];
        this.#longTermPoc[i] = known?.pocLsb ?? 0;
        this.#longTermUsed[i] = known?.isUsed === true ? 1 : 0;
      } else {
        this.#longTermPoc[i] = bits.bits(Math.log2(maxPocLsb));
        this.#longTermUsed[i] = bits.bit();
      }
      const isWhole = bits.bit();
      this.#longTermIsWhole[i] = isWhole;
      // 7-52: the cycles are counted on from the entry before, but for the first of each half.
      const cycle = isWhole === 1 ? bits.unsignedGolomb() : 0;
      msbCycle = i === 0 || i === fromSps ? cycle : msbCycle + cycle;
      if (isWhole === 1) {
        // What is left to add is the present picture's order count: see #findLongTerm.
        this.#longTermPoc[i] = (this.#longTermPoc[i] ?? 0) - msbCycle * maxPocLsb - this.#pocLsb;
      }
    }
    this.#longTerm = count;
    return true;
  }

  /** PicOrderCntVal (H.265 8.3.1). */
  #poc(): number {
    if (this.entry === 'closed') return this.#pocLsb;
    const range = this.numberRange;
    const lastLsb = ((this.#anchorPoc % range) + range) % range;
    let msb = this.#anchorPoc - lastLsb;
    if (this.#pocLsb < lastLsb && lastLsb - this.#pocLsb >= range / 2) msb += range;
    else if (this.#pocLsb > lastLsb && this.#pocLsb - lastLsb > range / 2) msb -= range;
    return msb + this.#pocLsb;
  }

  #has(poc: number): boolean {
    for (let i = 0; i < this.#count; i += 1) if (this.#pocs[i] === poc) return true;
    return false;
  }

  #findLongTerm(index: number, poc: number): number | undefined {
    const wanted = this.#longTermPoc[index] ?? 0;
    const range = this.numberRange;
    for (let i = 0; i < this.#count; i += 1) {
      const known = this.#pocs[i] ?? 0;
      const isIt =
        this.#longTermIsWhole[index] === 1
          ? known === poc + wanted
          : ((known % range) + range) % range === wanted;
      if (isIt) return known;
    }
    return undefined;
  }

  /** A decoder keeps what the picture names, and the picture. */
  #keep(poc: number): void {
    const kept = this.#spare;
    let count = 0;
    if (this.entry !== 'closed') {
      const set = this.#set;
      for (let i = 0; i < set.count; i += 1) {
        const other = poc + (set.deltas[i] ?? 0);
        if (this.#has(other)) kept[count++] = other;
      }
      for (let i = 0; i < this.#longTerm && count < MAX_PICTURES - 1; i += 1) {
        const other = this.#findLongTerm(i, poc);
        if (other !== undefined) kept[count++] = other;
      }
    }
    kept[count++] = poc;
    this.#spare = this.#pocs;
    this.#pocs = kept;
    this.#count = count;
  }
}

/** Size of an index into a list of so many (Ceil(Log2(count))). */
function bitsFor(count: number): number {
  return count > 1 ? Math.ceil(Math.log2(count)) : 0;
}

/** A sequence keeps its SPS to its end; the same one may come again, also in other caps. */
function isSame(a: H265Sps, b: H265Sps): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
