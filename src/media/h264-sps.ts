import { KvsError } from '../errors/kvs-error.ts';
import { BitReader, removeEmulationPrevention } from './rbsp.ts';

/** What a H.264 sequence parameter set says, as far as a track's format needs it. */
export type H264Sps = {
  readonly id: number;
  readonly profileIdc: number;
  /** constraint_set0_flag … constraint_set5_flag and two zero bits. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels, cropped. */
  readonly width: number;
  readonly height: number;
  /** Frames per second as the VUI's time base has it; undefined when it has none. */
  readonly frameRate: number | undefined;
};

/** Profiles whose SPS has chroma_format_idc and what follows it (H.264 7.3.2.1.1). */
const PROFILES_WITH_CHROMA_FORMAT: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
]);

/** aspect_ratio_idc that is followed by an explicit width and height. */
const EXTENDED_SAR = 255;

/** scaling_list() of H.264 7.3.2.1.1.1: each list begins with lastScale = nextScale = 8. */
function skipScalingList(reader: BitReader, size: number): void {
  let lastScale = 8;
  let nextScale = 8;
  for (let i = 0; i < size; i += 1) {
    if (nextScale !== 0) {
      nextScale = (lastScale + reader.signedGolomb() + 256) & 255;
    }
    lastScale = nextScale === 0 ? lastScale : nextScale;
  }
}

/** vui_parameters() up to the timing information (H.264 E.1.1). */
function readFrameRate(reader: BitReader): number | undefined {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) {
    reader.skip(32);
  }
  if (reader.flag()) {
    reader.skip(1); // overscan_appropriate_flag
  }
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) {
      reader.skip(24); // colour description
    }
  }
  if (reader.flag()) {
    reader.unsignedGolomb(); // chroma_sample_loc_type_top_field
    reader.unsignedGolomb(); // chroma_sample_loc_type_bottom_field
  }
  if (!reader.flag()) {
    return undefined;
  }
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  // One tick is one field: two of them make a frame.
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}

/** The VUI is the last thing in the SPS: whatever is wrong with it costs the frame rate only. */
function readFrameRateIfWhole(reader: BitReader): number | undefined {
  try {
    return reader.flag() ? readFrameRate(reader) : undefined;
  } catch {
    return undefined;
  }
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
  let separateColourPlanes = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (PROFILES_WITH_CHROMA_FORMAT.has(profileIdc)) {
    chromaFormatIdc = reader.unsignedGolomb();
    if (chromaFormatIdc === 3) {
      separateColourPlanes = reader.flag();
    }
    bitDepthLuma = 8 + reader.unsignedGolomb();
    bitDepthChroma = 8 + reader.unsignedGolomb();
    reader.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) {
      const lists = chromaFormatIdc === 3 ? 12 : 8;
      for (let list = 0; list < lists; list += 1) {
        if (reader.flag()) {
          skipScalingList(reader, list < 6 ? 16 : 64);
        }
      }
    }
  }
  reader.unsignedGolomb(); // log2_max_frame_num_minus4
  const pocType = reader.unsignedGolomb();
  if (pocType === 0) {
    reader.unsignedGolomb(); // log2_max_pic_order_cnt_lsb_minus4
  } else if (pocType === 1) {
    reader.skip(1); // delta_pic_order_always_zero_flag
    reader.signedGolomb(); // offset_for_non_ref_pic
    reader.signedGolomb(); // offset_for_top_to_bottom_field
    const cycle = reader.unsignedGolomb();
    for (let i = 0; i < cycle; i += 1) {
      reader.signedGolomb(); // offset_for_ref_frame
    }
  }
  reader.unsignedGolomb(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = reader.unsignedGolomb() + 1;
  const heightInMapUnits = reader.unsignedGolomb() + 1;
  const framesOnly = reader.bit();
  if (framesOnly === 0) {
    reader.skip(1); // mb_adaptive_frame_field_flag
  }
  reader.skip(1); // direct_8x8_inference_flag
  let [left, right, top, bottom] = [0, 0, 0, 0];
  if (reader.flag()) {
    left = reader.unsignedGolomb();
    right = reader.unsignedGolomb();
    top = reader.unsignedGolomb();
    bottom = reader.unsignedGolomb();
  }
  // CropUnitX and CropUnitY, H.264 7-19 … 7-22; ChromaArrayType is 0 for separate planes.
  const chromaArrayType = separateColourPlanes ? 0 : chromaFormatIdc;
  const cropUnitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
  const cropUnitY = (chromaArrayType === 1 ? 2 : 1) * (2 - framesOnly);
  const width = 16 * widthInMbs - cropUnitX * (left + right);
  const height = 16 * (2 - framesOnly) * heightInMapUnits - cropUnitY * (top + bottom);
  const sane = chromaFormatIdc <= 3 && bitDepthLuma <= 14 && bitDepthChroma <= 14 && id <= 31;
  if (!sane || width <= 0 || height <= 0) {
    throw new KvsError(
      'STATUS_MKV_INVALID_H264_H265_SPS_NALU',
      `H.264 SPS ${id} makes no sense: ${width}x${height}, chroma_format_idc ${chromaFormatIdc}, ` +
        `${bitDepthLuma} and ${bitDepthChroma} bits.`,
    );
  }
  const frameRate = readFrameRateIfWhole(reader);
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    frameRate,
  };
}
