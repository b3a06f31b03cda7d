import { KvsError } from '../../errors/kvs-error.ts';
import type { BitReader } from '../bits/rbsp.ts';

/** What the sequence parameter sets of H.264 and H.265 say alike of the pictures. */
export type SpsPicture = {
  readonly id: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels that are shown. */
  readonly width: number;
  readonly height: number;
  readonly areColourPlanesSeparate: boolean;
};

/** aspect_ratio_idc that is followed by an explicit width and height. */
const EXTENDED_SAR = 255;

/**
 * H.264's cropping, H.265's conformance window, with the flag in front: what is cut off on both
 * sides together, in the units of the chroma format.
 */
export function readWindow(reader: BitReader): { readonly across: number; readonly down: number } {
  if (!reader.flag()) return { across: 0, down: 0 };
  const across = reader.unsignedGolomb() + reader.unsignedGolomb();
  return { across, down: reader.unsignedGolomb() + reader.unsignedGolomb() };
}

/**
 * The first fields of vui_parameters() (H.264 E.1.1, H.265 E.2.1), which say how pictures are
 * shown: aspect ratio, overscan, colours and the place of chroma samples.
 */
export function skipShownAs(reader: BitReader): void {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) {
    reader.skip(1); // overscan_appropriate_flag
  }
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    reader.skip(reader.flag() ? 24 : 0); // colour description
  }
  if (reader.flag()) {
    reader.unsignedGolomb(); // chroma_sample_loc_type_top_field
    reader.unsignedGolomb(); // chroma_sample_loc_type_bottom_field
  }
}

/** vui_num_units_in_tick and vui_time_scale: ticks a second; undefined when they say none. */
export function readTickRate(reader: BitReader): number | undefined {
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  return unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined;
}

/** @throws KvsError unless the picture can exist and what else was read is sane */
export function checkPicture(codec: 'H.264' | 'H.265', picture: SpsPicture, isSane: boolean): void {
  const { id, width, height, chromaFormatIdc, bitDepthLuma, bitDepthChroma } = picture;
  if (isSane && chromaFormatIdc <= 3 && width > 0 && height > 0) return;
  throw new KvsError(
    'STATUS_MKV_INVALID_H264_H265_SPS_NALU',
    `${codec} SPS ${id} is not valid: ${width}x${height}, chroma_format_idc ${chromaFormatIdc}, ` +
      `${bitDepthLuma} and ${bitDepthChroma} bits`,
  );
}
