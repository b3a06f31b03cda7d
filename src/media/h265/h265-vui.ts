import type { BitReader } from '../bits/rbsp.ts';
import { readTickRate, skipShownAs } from '../nal/sps-parts.ts';

/** min_spatial_segmentation_idc is at most this (H.265 E.3.1). */
const MAX_SPATIAL_SEGMENTATION = 4095;

/** sub_layer_hrd_parameters() (H.265 E.2.3). */
function skipSubLayerHrd(reader: BitReader, cpbCount: number, hasSubPictures: boolean): void {
  for (let i = 0; i < cpbCount; i += 1) {
    for (let field = 0; field < (hasSubPictures ? 4 : 2); field += 1) reader.unsignedGolomb();
    reader.skip(1); // cbr_flag
  }
}

/** hrd_parameters(1, subLayersMinus1) (H.265 E.2.2). */
function skipHrd(reader: BitReader, subLayersMinus1: number): void {
  const hasNal = reader.flag();
  const hasVcl = reader.flag();
  let hasSubPictures = false;
  if (hasNal || hasVcl) {
    hasSubPictures = reader.flag();
    reader.skip(hasSubPictures ? 19 : 0);
    reader.skip(8); // bit_rate_scale, cpb_size_scale
    reader.skip(hasSubPictures ? 4 : 0);
    reader.skip(15); // delay lengths
  }
  for (let i = 0; i <= subLayersMinus1; i += 1) {
    const isFixedInGeneral = reader.flag();
    const isFixedInSequence = isFixedInGeneral || reader.flag();
    let isLowDelay = false;
    if (isFixedInSequence) {
      reader.unsignedGolomb(); // elemental_duration_in_tc_minus1
    } else {
      isLowDelay = reader.flag();
    }
    const cpbCount = isLowDelay ? 1 : reader.unsignedGolomb() + 1;
    for (const present of [hasNal, hasVcl]) {
      if (present) skipSubLayerHrd(reader, cpbCount, hasSubPictures);
    }
  }
}

/**
 * vui_parameters() (H.265 E.2.1), as far as hvcC and the frame rate need it.
 * @throws KvsError when it ends too soon
 */
export function readH265Vui(
  reader: BitReader,
  subLayersMinus1: number,
): { minSpatialSegmentationIdc: number; frameRate: number | undefined } {
  skipShownAs(reader);
  reader.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (reader.flag()) {
    for (let i = 0; i < 4; i += 1) {
      reader.unsignedGolomb(); // default display window
    }
  }
  let frameRate: number | undefined;
  if (reader.flag()) {
    frameRate = readTickRate(reader);
    if (reader.flag()) {
      reader.unsignedGolomb(); // vui_num_ticks_poc_diff_one_minus1
    }
    if (reader.flag()) skipHrd(reader, subLayersMinus1);
  }
  let minSpatialSegmentationIdc = 0;
  if (reader.flag()) {
    reader.skip(3); // tiles, motion vectors, reference picture lists
    minSpatialSegmentationIdc = reader.unsignedGolomb();
  }
  return {
    minSpatialSegmentationIdc:
      minSpatialSegmentationIdc > MAX_SPATIAL_SEGMENTATION ? 0 : minSpatialSegmentationIdc,
    frameRate,
  };
}
