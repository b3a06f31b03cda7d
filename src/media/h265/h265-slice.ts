import { SliceReader } from '../bits/slice-reader.ts';
import type { NalSlice } from '../nal/nal-codec.ts';
import type { ParameterSets } from '../nal/parameter-sets.ts';
import type { H265Pps } from './h265-pps.ts';
import type { H265Sps } from './h265-sps.ts';

/** What is read of H.265's parameter sets: of the VPS, no more than that there is one. */
export type H265Fields = {
  readonly vps: undefined;
  readonly sps: H265Sps;
  readonly pps: H265Pps;
};

/** nal_unit_type of H.265 table 7-1. */
const NAL = {
  radlN: 6,
  raslR: 9,
  blaWLp: 16,
  blaNLp: 18,
  idrWRadl: 19,
  idrNLp: 20,
  lastIrap: 23,
  lastVcl: 31,
};

const NAL_HEADER_BYTES = 2;

/**
 * The header of the first slice segment of a H.265 picture (7.3.6.1), as far as the order of
 * pictures, lost frames and parameter sets hang on it. One object serves all pictures of a track:
 * `read` fills it anew.
 */
export class H265SliceHeader implements NalSlice {
  isRead = false;
  ppsId: number | undefined;
  nalType = 0;
  temporalId = 0;
  /** 0 B, 1 P, 2 I. */
  sliceType = 0;
  /** slice_pic_order_cnt_lsb; 0 for IDR pictures, which have none. */
  pocLsb = 0;
  /** pic_output_flag: false for pictures that are decoded and never shown. */
  isShown = true;
  /** Behind slice_pic_order_cnt_lsb after `read`, for whoever needs what follows it. */
  readonly reader = new SliceReader();
  #pps: H265Pps | undefined;
  /**
   * What its PPS belongs to; the same object as long as the stream does not carry other bytes for it.
   * Only after `read` has returned true.
   */
  sps!: H265Sps;
  readonly #sets: ParameterSets<H265Fields>;

  /** @param sets where it finds those that a slice names */
  constructor(sets: ParameterSets<H265Fields>) {
    this.#sets = sets;
  }

  /** The sets that the slice names. Only after `read` has returned true. */
  get pps(): H265Pps {
    return this.#pps as H265Pps;
  }

  get isIdr(): boolean {
    return this.nalType === NAL.idrWRadl || this.nalType === NAL.idrNLp;
  }

  /** IDR, BLA or CRA. */
  get isIrap(): boolean {
    return this.nalType >= NAL.blaWLp && this.nalType <= NAL.lastIrap;
  }

  /** BLA: what comes behind a splice, decoded as if nothing had been before. */
  get isBla(): boolean {
    return this.nalType >= NAL.blaWLp && this.nalType <= NAL.blaNLp;
  }

  /** RADL or RASL: shown before the IRAP picture that it comes after. */
  get isLeading(): boolean {
    return this.nalType >= NAL.radlN && this.nalType <= NAL.raslR;
  }

  /**
   * Pictures of lower sub-layers count against these: neither leading pictures nor those that no
   * picture of their sub-layer refers to (H.265 8.3.1).
   */
  get isOrderAnchor(): boolean {
    const isSubLayerNonReference = this.nalType < NAL.blaWLp && this.nalType % 2 === 0;
    return this.temporalId === 0 && !this.isLeading && !isSubLayerNonReference;
  }

  /**
   * The number of the PPS that the slice segment data[start, end) names; what was read stays, but
   * for the reader's place.
   */
  ppsIdOf(data: Uint8Array, start: number, end: number): number | undefined {
    const type = ((data[start] ?? 0) >> 1) & 0x3f;
    if (type > NAL.lastVcl) return undefined;
    const { reader } = this;
    reader.reset(data, start + NAL_HEADER_BYTES, end);
    reader.bits(1); // first_slice_segment_in_pic_flag
    if (type >= NAL.blaWLp && type <= NAL.lastIrap) reader.bits(1);
    const id = reader.unsignedGolomb();
    return reader.failed ? undefined : id;
  }

  /**
   * Reads the header of the slice segment whose NAL unit is data[start, end).
   * @returns false when it is none, not the first of its picture, names a set that is not known,
   * or is cut off
   */
  read(data: Uint8Array, start: number, end: number): boolean {
    this.isRead = false;
    this.ppsId = undefined;
    this.nalType = ((data[start] ?? 0) >> 1) & 0x3f;
    this.temporalId = ((data[start + 1] ?? 0) & 7) - 1;
    this.sliceType = 0;
    this.pocLsb = 0;
    this.isShown = true;
    if (this.nalType > NAL.lastVcl) return false;
    const { reader } = this;
    reader.reset(data, start + NAL_HEADER_BYTES, end);
    if (!reader.flag()) return false;
    if (this.isIrap) reader.bits(1); // no_output_of_prior_pics_flag
    const ppsId = reader.unsignedGolomb();
    if (reader.failed) return false;
    this.ppsId = ppsId;
    const pps = this.#sets.get('pps', ppsId)?.fields;
    const sps = pps && this.#sets.get('sps', pps.spsId)?.fields;
    if (pps === undefined || sps === undefined) return false;
    this.#pps = pps;
    this.sps = sps;
    reader.bits(pps.extraSliceHeaderBits);
    this.sliceType = reader.unsignedGolomb();
    if (pps.hasOutputFlag) this.isShown = reader.flag();
    if (sps.areColourPlanesSeparate) reader.bits(2); // colour_plane_id
    if (!this.isIdr) this.pocLsb = reader.bits(Math.log2(sps.maxPocLsb));
    this.isRead = !reader.failed && this.sliceType <= 2;
    return this.isRead;
  }
}
