import { KvsError } from '../../errors/kvs-error.ts';
import { BitReader, removeEmulationPrevention } from '../bits/rbsp.ts';
import { checkPicture, readWindow, type SpsPicture } from '../nal/sps-parts.ts';
import { type H264Vui, readH264Vui } from './h264-vui.ts';

/** What a H.264 sequence parameter set says, as far as a track's format and its slices need it. */
export type H264Sps = SpsPicture & {
  readonly profileIdc: number;
  /** constraint_set0_flag … constraint_set5_flag and two zero bits. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** frame_num counts up to this, and begins at 0 again. */
  readonly maxFrameNum: number;
  /** gaps_in_frame_num_value_allowed_flag: frame_num may pass over frames that were left out. */
  readonly allowsFrameNumGaps: boolean;
  readonly pictureOrder: H264PictureOrder;
  readonly maxRefFrames: number;
  /** frame_mbs_only_flag: there are no fields. */
  readonly isFramesOnly: boolean;
} & H264Vui;

/** How picture order counts are made: pic_order_cnt_type, and what goes with it (H.264 8.2.1). */
export type H264PictureOrder =
  /** Slices carry the count's lower bits. */
  | { readonly type: 0; readonly maxLsb: number }
  /** It follows from frame_num and a pattern; slices carry what is off it. */
  | {
      readonly type: 1;
      readonly areDeltasZero: boolean;
      readonly offsetForNonRef: number;
      readonly offsetForBottomField: number;
      readonly offsetsForRef: readonly number[];
    }
  /** Pictures are shown in the order in which they come. */
  | { readonly type: 2 };

/** Profiles whose SPS has chroma_format_idc and what follows it (H.264 7.3.2.1.1). */
const PROFILES_WITH_CHROMA_FORMAT: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
]);

/** scaling_list() of H.264 7.3.2.1.1.1: each list begins with lastScale = nextScale = 8. */
function skipScalingList(reader: BitReader, size: number): void {
  let lastScale = 8;
  let nextScale = 8;
  for (let i = 0; i < size; i += 1) {
    if (nextScale !== 0) nextScale = (lastScale + reader.signedGolomb() + 256) & 255;
    lastScale = nextScale === 0 ? lastScale : nextScale;
  }
}

/** The part of the SPS that picture order counts are made from (H.264 7.3.2.1.1). */
function readPictureOrder(reader: BitReader): H264PictureOrder {
  const type = reader.unsignedGolomb();
  switch (type) {
    case 0:
      return { type, maxLsb: 2 ** (4 + atMost(12, reader.unsignedGolomb())) };
    case 1: {
      const areDeltasZero = reader.flag();
      const offsetForNonRef = reader.signedGolomb();
      const offsetForBottomField = reader.signedGolomb();
      const offsetsForRef: number[] = [];
      const cycle = atMost(255, reader.unsignedGolomb());
      for (let i = 0; i < cycle; i += 1) offsetsForRef.push(reader.signedGolomb());
      return { type, areDeltasZero, offsetForNonRef, offsetForBottomField, offsetsForRef };
    }
    default:
      return { type: atMost(2, type) as 2 };
  }
}

/** @throws KvsError when the value is above what the standard allows */
function atMost(limit: number, value: number): number {
  if (value > limit) {
    throw new KvsError(
      'STATUS_MKV_INVALID_H264_H265_SPS_NALU',
      `An H.264 SPS is not valid: ${value} where at most ${limit} is allowed`,
    );
  }
  return value;
}

/**
 * Reads a sequence parameter set NAL unit (type 7, or 15 for a subset), its NAL header included.
 * ITU-T H.264 7.3.2.1.1, all profiles.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_SPS_NALU or STATUS_BIT_READER_…
 */
export function parseH264Sps(nal: Uint8Array): H264Sps {
  const reader = new BitReader(removeEmulationPrevention(nal), 1);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.unsignedGolomb();
  let chromaFormatIdc = 1;
  let areColourPlanesSeparate = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (PROFILES_WITH_CHROMA_FORMAT.has(profileIdc)) {
    chromaFormatIdc = reader.unsignedGolomb();
    if (chromaFormatIdc === 3) areColourPlanesSeparate = reader.flag();
    bitDepthLuma = 8 + reader.unsignedGolomb();
    bitDepthChroma = 8 + reader.unsignedGolomb();
    reader.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) {
      const lists = chromaFormatIdc === 3 ? 12 : 8;
      for (let list = 0; list < lists; list += 1) {
        if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
      }
    }
  }
  const maxFrameNum = 2 ** (4 + atMost(12, reader.unsignedGolomb()));
  const pictureOrder = readPictureOrder(reader);
  const maxRefFrames = reader.unsignedGolomb();
  const allowsFrameNumGaps = reader.flag();
  const widthInMbs = reader.unsignedGolomb() + 1;
  const heightInMapUnits = reader.unsignedGolomb() + 1;
  const framesOnly = reader.bit();
  if (framesOnly === 0) {
    reader.skip(1); // mb_adaptive_frame_field_flag
  }
  reader.skip(1); // direct_8x8_inference_flag
  const cut = readWindow(reader);
  // CropUnitX and CropUnitY, H.264 7-19 … 7-22; ChromaArrayType is 0 for separate planes.
  const chromaArrayType = areColourPlanesSeparate ? 0 : chromaFormatIdc;
  const cropUnitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
  const cropUnitY = (chromaArrayType === 1 ? 2 : 1) * (2 - framesOnly);
  const width = 16 * widthInMbs - cropUnitX * cut.across;
  const height = 16 * (2 - framesOnly) * heightInMapUnits - cropUnitY * cut.down;
  const depths = { bitDepthLuma, bitDepthChroma };
  const picture = { id, chromaFormatIdc, ...depths, width, height, areColourPlanesSeparate };
  checkPicture('H.264', picture, bitDepthLuma <= 14 && bitDepthChroma <= 14 && id <= 31);
  return {
    ...picture,
    profileIdc,
    constraintFlags,
    levelIdc,
    maxFrameNum,
    allowsFrameNumGaps,
    pictureOrder,
    maxRefFrames,
    isFramesOnly: framesOnly === 1,
    ...readH264Vui(reader),
  };
}
