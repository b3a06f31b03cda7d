import { KvsError } from '../../errors/kvs-error.ts';
import { BitReader, removeEmulationPrevention } from '../bits/rbsp.ts';

/** What a H.265 picture parameter set says, as far as hvcC and slice headers need it. */
export type H265Pps = {
  readonly id: number;
  readonly spsId: number;
  /** output_flag_present_flag: slices say whether their picture is shown. */
  readonly hasOutputFlag: boolean;
  /** num_extra_slice_header_bits. */
  readonly extraSliceHeaderBits: number;
  /** parallelismType of hvcC: 0 mixed or unknown, 1 slices, 2 tiles, 3 wavefronts. */
  readonly parallelismType: number;
};

/** pps_pic_parameter_set_id and pps_seq_parameter_set_id go up to these (H.265 7.4.3.3.1). */
const MAX_PPS_ID = 63;
const MAX_SPS_ID = 15;

function invalid(what: string, cause?: unknown): KvsError {
  return new KvsError('STATUS_MKV_INVALID_H264_H265_CPD', what, { cause });
}

function readParallelism(reader: BitReader): number {
  reader.skip(2); // sign_data_hiding_enabled_flag, cabac_init_present_flag
  reader.unsignedGolomb(); // num_ref_idx_l0_default_active_minus1
  reader.unsignedGolomb(); // num_ref_idx_l1_default_active_minus1
  reader.signedGolomb(); // init_qp_minus26
  reader.skip(2); // constrained_intra_pred_flag, transform_skip_enabled_flag
  if (reader.flag()) {
    reader.unsignedGolomb(); // diff_cu_qp_delta_depth
  }
  reader.signedGolomb(); // pps_cb_qp_offset
  reader.signedGolomb(); // pps_cr_qp_offset
  reader.skip(4); // chroma offsets, weighted prediction twice, transquant bypass
  const hasTiles = reader.flag();
  const hasWavefronts = reader.flag();
  if (hasTiles && hasWavefronts) return 0;
  return hasWavefronts ? 3 : hasTiles ? 2 : 1;
}

/** 0 when the set is cut off: hvcC's field is a hint. */
function parallelism(reader: BitReader): number {
  try {
    return readParallelism(reader);
  } catch {
    return 0;
  }
}

/**
 * Reads a picture parameter set NAL unit (type 34), its NAL header included. ITU-T H.265
 * 7.3.2.3.1.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD when not even its ids can be read
 */
export function parseH265Pps(nal: Uint8Array): H265Pps {
  const reader = new BitReader(removeEmulationPrevention(nal), 2);
  let [id, spsId, extraSliceHeaderBits] = [0, 0, 0];
  let hasOutputFlag = false;
  try {
    id = reader.unsignedGolomb();
    spsId = reader.unsignedGolomb();
    if (id > MAX_PPS_ID || spsId > MAX_SPS_ID) throw invalid(`It is PPS ${id} of SPS ${spsId}`);
    reader.skip(1); // dependent_slice_segments_enabled_flag
    hasOutputFlag = reader.flag();
    extraSliceHeaderBits = reader.bits(3);
  } catch (cause) {
    throw invalid(`An H.265 PPS of ${nal.length} bytes is not valid`, cause);
  }
  return { id, spsId, hasOutputFlag, extraSliceHeaderBits, parallelismType: parallelism(reader) };
}
