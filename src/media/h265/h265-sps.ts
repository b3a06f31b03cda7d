import { KvsError } from '../../errors/kvs-error.ts';
import { BitReader, ifWhole, removeEmulationPrevention } from '../bits/rbsp.ts';
import { checkPicture, readWindow, type SpsPicture } from '../nal/sps-parts.ts';
import { MAX_REF_PICS, ReferenceSet } from './h265-reference-set.ts';
import { readH265Vui } from './h265-vui.ts';

/** Which pictures slices may refer to; their headers name them by these. */
export type H265ReferencePictures = {
  readonly sets: readonly ReferenceSet[];
  readonly hasLongTerm: boolean;
  readonly longTerm: readonly { readonly pocLsb: number; readonly isUsed: boolean }[];
};

/** What a H.265 sequence parameter set says, as far as hvcC and a track's format need it. */
export type H265Sps = SpsPicture & {
  readonly vpsId: number;
  /** sps_max_sub_layers_minus1 + 1. */
  readonly temporalLayers: number;
  readonly isTemporalIdNested: boolean;
  /**
   * The general part of profile_tier_level: profile space, tier and idc (1 byte), compatibility
   * flags (4), constraint flags (6), level (1), as hvcC has them.
   */
  readonly profileTierLevel: Uint8Array;
  /** slice_pic_order_cnt_lsb counts up to this, and begins at 0 again. */
  readonly maxPocLsb: number;
  /**
   * sps_max_num_reorder_pics of the highest sub-layer: pictures that come before another and are
   * shown after it.
   */
  readonly maxReorderPictures: number;
  /** Undefined when the SPS is damaged in front of them. */
  readonly referencePictures: H265ReferencePictures | undefined;
  /** 0 when the VUI does not say. */
  readonly minSpatialSegmentationIdc: number;
  /** Frames per second as the VUI's time base has it; undefined when it has none. */
  readonly frameRate: number | undefined;
};

/** Bytes of the NAL header; upstream forgets them (and writes a level of 0). */
const NAL_HEADER_BYTES = 2;

/** The general profile, tier and level begin behind the header and one byte of SPS fields. */
const PROFILE_OFFSET = NAL_HEADER_BYTES + 1;
const PROFILE_BYTES = 12;

/** SubWidthC and SubHeightC by chroma_format_idc (H.265 table 6-1). */
const CHROMA_UNITS = [
  [1, 1],
  [2, 2],
  [2, 1],
  [1, 1],
] as const;

/** Most short-term reference picture sets (H.265 7.4.3.2.1). */
const MAX_REF_PIC_SETS = 64;

/** profile_tier_level() behind the general part: the sub-layers (H.265 7.3.3). */
function skipSubLayers(reader: BitReader, subLayersMinus1: number): void {
  const present: [profile: boolean, level: boolean][] = [];
  for (let i = 0; i < subLayersMinus1; i += 1) present.push([reader.flag(), reader.flag()]);
  if (subLayersMinus1 > 0) reader.skip(2 * (8 - subLayersMinus1));
  for (const [profile, level] of present) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
}

/** scaling_list_data() (H.265 7.3.4). */
function skipScalingLists(reader: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId += 1) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.unsignedGolomb(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (sizeId > 1) {
        reader.signedGolomb(); // scaling_list_dc_coef_minus8
      }
      for (let i = 0; i < Math.min(64, 1 << (4 + (sizeId << 1))); i += 1) {
        reader.signedGolomb(); // scaling_list_delta_coef
      }
    }
  }
}

/** st_ref_pic_set() for each set of the SPS. */
function readRefPicSets(reader: BitReader): ReferenceSet[] {
  const count = reader.unsignedGolomb();
  if (count > MAX_REF_PIC_SETS) {
    throw new KvsError('STATUS_MKV_INVALID_H264_H265_SPS_NALU', `${count} reference picture sets`);
  }
  const sets: ReferenceSet[] = [];
  for (let index = 0; index < count; index += 1) {
    const set = new ReferenceSet();
    if (!set.read(reader, sets, false)) {
      throw new KvsError(
        'STATUS_MKV_INVALID_H264_H265_SPS_NALU',
        `More than ${MAX_REF_PICS} reference pictures`,
      );
    }
    sets.push(set);
  }
  return sets;
}

/** log2_max_pic_order_cnt_lsb_minus4 up to this is allowed (H.265 7.4.3.2.1). */
const MAX_POC_BITS = 16;

/** log2_max_pic_order_cnt_lsb, and sps_max_num_reorder_pics of the highest sub-layer. */
function readOrder(reader: BitReader, subLayersMinus1: number): [number, number] {
  const pocBits = reader.unsignedGolomb() + 4;
  const orderingInfos = reader.flag() ? subLayersMinus1 + 1 : 1;
  let maxReorderPictures = 0;
  for (let i = 0; i < orderingInfos; i += 1) {
    reader.unsignedGolomb(); // sps_max_dec_pic_buffering_minus1
    maxReorderPictures = reader.unsignedGolomb();
    reader.unsignedGolomb(); // sps_max_latency_increase_plus1
  }
  return [pocBits, maxReorderPictures];
}

/** From the block sizes to the VUI. */
function readReferencePictures(reader: BitReader, pocBits: number): H265ReferencePictures {
  for (let i = 0; i < 6; i += 1) {
    reader.unsignedGolomb(); // block sizes and transform depths
  }
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.flag()) {
    reader.skip(8); // pcm bit depths
    reader.unsignedGolomb();
    reader.unsignedGolomb();
    reader.skip(1);
  }
  const sets = readRefPicSets(reader);
  const hasLongTerm = reader.flag();
  const longTerm: { pocLsb: number; isUsed: boolean }[] = [];
  const pictures = hasLongTerm ? reader.unsignedGolomb() : 0;
  reader.require(pictures * (pocBits + 1));
  for (let i = 0; i < pictures; i += 1) {
    longTerm.push({ pocLsb: reader.bits(pocBits), isUsed: reader.flag() });
  }
  reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  return { sets, hasLongTerm, longTerm };
}

/**
 * Reads a sequence parameter set NAL unit (type 33), its NAL header included. ITU-T H.265
 * 7.3.2.2.1. What is wrong behind the block sizes costs only what the VUI says.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_SPS_NALU or STATUS_BIT_READER_…
 */
export function parseH265Sps(nal: Uint8Array): H265Sps {
  const rbsp = removeEmulationPrevention(nal);
  const reader = new BitReader(rbsp, NAL_HEADER_BYTES);
  const vpsId = reader.bits(4);
  const subLayersMinus1 = reader.bits(3);
  const isTemporalIdNested = reader.flag();
  reader.skip(8 * PROFILE_BYTES);
  const profileTierLevel = rbsp.subarray(PROFILE_OFFSET, PROFILE_OFFSET + PROFILE_BYTES);
  skipSubLayers(reader, subLayersMinus1);
  const id = reader.unsignedGolomb();
  const chromaFormatIdc = reader.unsignedGolomb();
  const areColourPlanesSeparate = chromaFormatIdc === 3 && reader.flag();
  const codedWidth = reader.unsignedGolomb();
  const codedHeight = reader.unsignedGolomb();
  const cut = readWindow(reader);
  const bitDepthLuma = 8 + reader.unsignedGolomb();
  const bitDepthChroma = 8 + reader.unsignedGolomb();
  const [pocBits, maxReorderPictures] = readOrder(reader, subLayersMinus1);
  const [unitX, unitY] = CHROMA_UNITS[areColourPlanesSeparate ? 0 : chromaFormatIdc] ?? [1, 1];
  const width = codedWidth - unitX * cut.across;
  const height = codedHeight - unitY * cut.down;
  const isSane =
    bitDepthLuma <= 15 &&
    bitDepthChroma <= 15 &&
    id <= 15 &&
    pocBits <= MAX_POC_BITS &&
    subLayersMinus1 <= 6;
  const depths = { bitDepthLuma, bitDepthChroma };
  const picture = { id, chromaFormatIdc, ...depths, width, height, areColourPlanesSeparate };
  checkPicture('H.265', picture, isSane);
  const referencePictures = ifWhole(() => readReferencePictures(reader, pocBits));
  const vui =
    referencePictures === undefined
      ? undefined
      : ifWhole(() => (reader.flag() ? readH265Vui(reader, subLayersMinus1) : undefined));
  return {
    ...picture,
    vpsId,
    temporalLayers: subLayersMinus1 + 1,
    isTemporalIdNested,
    profileTierLevel,
    maxPocLsb: 2 ** pocBits,
    maxReorderPictures,
    referencePictures,
    minSpatialSegmentationIdc: vui?.minSpatialSegmentationIdc ?? 0,
    frameRate: vui?.frameRate,
  };
}
