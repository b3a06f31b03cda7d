import { SliceReader } from '../bits/slice-reader.ts';
import type { NalSlice } from '../nal/nal-codec.ts';
import type { ParameterSets } from '../nal/parameter-sets.ts';
import type { H264Pps } from './h264-pps.ts';
import type { H264Sps } from './h264-sps.ts';

/** What is read of H.264's parameter sets; a stream with a VPS is none. */
export type H264Fields = {
  readonly vps: undefined;
  readonly sps: H264Sps;
  readonly pps: H264Pps;
};

/** nal_unit_type of slices (H.264 table 7-1). Partitions B and C have no header of their own. */
const NAL = { slice: 1, partitionA: 2, idr: 5 } as const;

/** slice_type modulo 5 (H.264 table 7-6). */
const SLICE = { p: 0, b: 1, sp: 3 } as const;

/** Most reference pictures of a slice, and memory operations or list modifications (7.4.3). */
const MAX_REFS = 32;
const MAX_OPERATIONS = 66;

/** memory_management_control_operation (H.264 table 7-9). */
const MMCO = { end: 0, shortToLong: 3, maxLong: 4, clear: 5, toLong: 6 } as const;

/**
 * The header of a H.264 slice (7.3.3), as far as the order of pictures, lost frames and parameter
 * sets hang on it. One object serves all slices of a track: `read` fills it anew.
 */
export class H264SliceHeader implements NalSlice {
  isRead = false;
  ppsId: number | undefined;
  nalRefIdc = 0;
  isIdr = false;
  /** 0 … 9 as it is written: P, B, I, SP, SI, and the same again for all slices of the picture. */
  sliceType = 0;
  frameNum = 0;
  isField = false;
  isBottomField = false;
  idrPicId = 0;
  /** pic_order_cnt_lsb, of pictures whose order is of type 0. */
  pocLsb = 0;
  deltaPocBottom = 0;
  /** delta_pic_order_cnt[0] and [1], of pictures whose order is of type 1. */
  deltaPoc0 = 0;
  deltaPoc1 = 0;
  /** memory_management_control_operation 5: as after an IDR picture nothing before it is kept. */
  clearsReferences = false;
  #pps: H264Pps | undefined;
  /**
   * What its PPS belongs to; the same object as long as the stream does not carry other bytes for it.
   * Only after `read` has returned true.
   */
  sps!: H264Sps;
  readonly #sets: ParameterSets<H264Fields>;
  readonly #reader = new SliceReader();

  /** @param sets where it finds those that a slice names */
  constructor(sets: ParameterSets<H264Fields>) {
    this.#sets = sets;
  }

  /** The sets that the slice names. Only after `read` has returned true. */
  get pps(): H264Pps {
    return this.#pps as H264Pps;
  }

  /** The number of the PPS that the slice data[start, end) names; what was read stays. */
  ppsIdOf(data: Uint8Array, start: number, end: number): number | undefined {
    const type = (data[start] ?? 0) & 0x1f;
    if (type !== NAL.slice && type !== NAL.partitionA && type !== NAL.idr) return undefined;
    const reader = this.#reader;
    reader.reset(data, start + 1, end);
    reader.unsignedGolomb(); // first_mb_in_slice
    reader.unsignedGolomb(); // slice_type
    const id = reader.unsignedGolomb();
    return reader.failed ? undefined : id;
  }

  /**
   * Reads the header of the slice whose NAL unit is data[start, end).
   * @returns false when it is no slice, names a set that is not known, or is cut off
   */
  read(data: Uint8Array, start: number, end: number): boolean {
    const header = data[start] ?? 0;
    const type = header & 0x1f;
    this.isRead = false;
    this.ppsId = undefined;
    this.nalRefIdc = (header >> 5) & 3;
    this.isIdr = type === NAL.idr;
    this.clearsReferences = false;
    if (type !== NAL.slice && type !== NAL.partitionA && type !== NAL.idr) return false;
    const reader = this.#reader;
    reader.reset(data, start + 1, end);
    reader.unsignedGolomb(); // first_mb_in_slice
    this.sliceType = reader.unsignedGolomb();
    const ppsId = reader.unsignedGolomb();
    if (reader.failed) return false;
    this.ppsId = ppsId;
    const pps = this.#sets.get('pps', ppsId)?.fields;
    const sps = pps && this.#sets.get('sps', pps.spsId)?.fields;
    if (pps === undefined || sps === undefined || this.sliceType > 9) return false;
    this.#pps = pps;
    this.sps = sps;
    this.#readPicture(reader, pps, sps);
    if (this.nalRefIdc !== 0) {
      this.#passReferences(reader, pps, sps);
      this.#readMarking(reader);
    }
    this.isRead = !reader.failed;
    return this.isRead;
  }

  /** frame_num, the field, and the picture order count. */
  #readPicture(reader: SliceReader, pps: H264Pps, sps: H264Sps): void {
    if (sps.areColourPlanesSeparate) reader.bits(2); // colour_plane_id
    this.frameNum = reader.bits(Math.log2(sps.maxFrameNum));
    this.isField = !sps.isFramesOnly && reader.flag();
    this.isBottomField = this.isField && reader.flag();
    this.idrPicId = this.isIdr ? reader.unsignedGolomb() : 0;
    const hasBottom = pps.hasBottomFieldOrder && !this.isField;
    this.pocLsb = 0;
    this.deltaPocBottom = 0;
    this.deltaPoc0 = 0;
    this.deltaPoc1 = 0;
    const { pictureOrder: order } = sps;
    if (order.type === 0) {
      this.pocLsb = reader.bits(Math.log2(order.maxLsb));
      if (hasBottom) this.deltaPocBottom = reader.signedGolomb();
    } else if (order.type === 1 && !order.areDeltasZero) {
      this.deltaPoc0 = reader.signedGolomb();
      if (hasBottom) this.deltaPoc1 = reader.signedGolomb();
    }
  }

  /** Everything between the picture order count and the marking of reference pictures. */
  #passReferences(reader: SliceReader, pps: H264Pps, sps: H264Sps): void {
    const type = this.sliceType % 5;
    const isB = type === SLICE.b;
    const isPredicted = type === SLICE.p || type === SLICE.sp;
    if (pps.hasRedundantPictures) reader.unsignedGolomb(); // redundant_pic_cnt
    if (isB) reader.bits(1); // direct_spatial_mv_pred_flag
    if (!isB && !isPredicted) return;
    let [refs0, refs1] = pps.refCounts;
    if (reader.flag()) {
      refs0 = reader.unsignedGolomb() + 1;
      if (isB) refs1 = reader.unsignedGolomb() + 1;
    }
    if (reader.flag()) passListModification(reader);
    if (isB && reader.flag()) passListModification(reader);
    const isWeighted = isB ? pps.weightedBipredIdc === 1 : pps.isWeighted;
    if (!isWeighted) return;
    const hasChroma = sps.chromaFormatIdc !== 0 && !sps.areColourPlanesSeparate;
    reader.unsignedGolomb(); // luma_log2_weight_denom
    if (hasChroma) reader.unsignedGolomb(); // chroma_log2_weight_denom
    passWeights(reader, refs0, hasChroma);
    if (isB) passWeights(reader, refs1, hasChroma);
  }

  /** dec_ref_pic_marking() (H.264 7.3.3.3). */
  #readMarking(reader: SliceReader): void {
    if (this.isIdr) {
      reader.bits(2); // no_output_of_prior_pics_flag, long_term_reference_flag
      return;
    }
    if (!reader.flag()) return;
    for (let i = 0; i < MAX_OPERATIONS && !reader.failed; i += 1) {
      const operation = reader.unsignedGolomb();
      if (operation === MMCO.end) return;
      if (operation === MMCO.clear) this.clearsReferences = true;
      // One number each, and two where a picture becomes a long-term one; 5 has none.
      if (operation <= MMCO.maxLong || operation === MMCO.toLong) reader.unsignedGolomb();
      if (operation === MMCO.shortToLong) reader.unsignedGolomb();
    }
  }
}

/** ref_pic_list_modification() of one list, behind its flag (H.264 7.3.3.1). */
function passListModification(reader: SliceReader): void {
  for (let i = 0; i < MAX_OPERATIONS && !reader.failed; i += 1) {
    if (reader.unsignedGolomb() === 3) return;
    reader.unsignedGolomb();
  }
}

/** pred_weight_table() of one list (H.264 7.3.3.2). */
function passWeights(reader: SliceReader, refs: number, hasChroma: boolean): void {
  for (let i = 0; i < Math.min(refs, MAX_REFS) && !reader.failed; i += 1) {
    if (reader.flag()) {
      reader.signedGolomb();
      reader.signedGolomb();
    }
    if (hasChroma && reader.flag()) {
      for (let value = 0; value < 4; value += 1) reader.signedGolomb();
    }
  }
}
