import { KvsError } from '../../errors/kvs-error.ts';
import { BitReader, removeEmulationPrevention } from '../bits/rbsp.ts';

/** What a H.264 picture parameter set says, as far as slice headers hang on it. */
export type H264Pps = {
  readonly id: number;
  readonly spsId: number;
  /** bottom_field_pic_order_in_frame_present_flag: slices say how far the bottom field is off. */
  readonly hasBottomFieldOrder: boolean;
  /** Reference pictures of a slice that does not say otherwise, list 0 and list 1. */
  readonly refCounts: readonly [number, number];
  readonly isWeighted: boolean;
  /** 0 default, 1 explicit, 2 implicit. */
  readonly weightedBipredIdc: number;
  readonly hasRedundantPictures: boolean;
};

/** The fields of the shortest PPS have 16 bits, behind its header and in front of its stop bit. */
const MIN_PPS_BYTES = 4;

/** pic_parameter_set_id and seq_parameter_set_id go up to these (H.264 7.4.2). */
const MAX_PPS_ID = 255;
const MAX_SPS_ID = 31;

/** num_slice_groups_minus1 and slice_group_map_type (H.264 7.4.2.2). */
const MAX_SLICE_GROUPS = 8;
const MAP = {
  dispersed: 1,
  foreground: 2,
  firstChanging: 3,
  lastChanging: 5,
  explicit: 6,
} as const;

function invalid(what: string, cause?: unknown): KvsError {
  return new KvsError('STATUS_MKV_INVALID_H264_H265_CPD', what, { cause });
}

/** Slice groups of Baseline's flexible macroblock order (H.264 7.3.2.2). */
function skipSliceGroups(reader: BitReader): void {
  const groups = reader.unsignedGolomb() + 1;
  if (groups === 1) return;
  if (groups > MAX_SLICE_GROUPS) throw invalid(`It has ${groups} slice groups`);
  const mapType = reader.unsignedGolomb();
  if (mapType < MAP.dispersed) {
    for (let i = 0; i < groups; i += 1) {
      reader.unsignedGolomb(); // run_length_minus1
    }
  } else if (mapType === MAP.foreground) {
    for (let i = 0; i < groups - 1; i += 1) {
      reader.unsignedGolomb(); // top_left
      reader.unsignedGolomb(); // bottom_right
    }
  } else if (mapType >= MAP.firstChanging && mapType <= MAP.lastChanging) {
    reader.skip(1); // slice_group_change_direction_flag
    reader.unsignedGolomb(); // slice_group_change_rate_minus1
  } else if (mapType === MAP.explicit) {
    const units = reader.unsignedGolomb() + 1;
    reader.skip(units * Math.ceil(Math.log2(groups))); // slice_group_id
  }
}

/** What stands behind the ids; of a set that is cut off, what slices most often have. */
function readFields(reader: BitReader): Omit<H264Pps, 'id' | 'spsId'> {
  reader.skip(1); // entropy_coding_mode_flag
  const hasBottomFieldOrder = reader.flag();
  skipSliceGroups(reader);
  const refCounts = [reader.unsignedGolomb() + 1, reader.unsignedGolomb() + 1] as const;
  const isWeighted = reader.flag();
  const weightedBipredIdc = reader.bits(2);
  reader.signedGolomb(); // pic_init_qp_minus26
  reader.signedGolomb(); // pic_init_qs_minus26
  reader.signedGolomb(); // chroma_qp_index_offset
  reader.skip(2); // deblocking_filter_control_present_flag, constrained_intra_pred_flag
  const hasRedundantPictures = reader.flag();
  return { hasBottomFieldOrder, refCounts, isWeighted, weightedBipredIdc, hasRedundantPictures };
}

/**
 * Reads a picture parameter set NAL unit (type 8), its NAL header included. ITU-T H.264 7.3.2.2.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD
 */
export function parseH264Pps(nal: Uint8Array): H264Pps {
  try {
    const reader = new BitReader(removeEmulationPrevention(nal), 1);
    reader.require(8 * (MIN_PPS_BYTES - 1));
    const id = reader.unsignedGolomb();
    const spsId = reader.unsignedGolomb();
    if (id > MAX_PPS_ID || spsId > MAX_SPS_ID) throw invalid(`It is PPS ${id} of SPS ${spsId}`);
    return { id, spsId, ...readFields(reader) };
  } catch (cause) {
    throw invalid(`An H.264 PPS of ${nal.length} bytes is not valid`, cause);
  }
}
