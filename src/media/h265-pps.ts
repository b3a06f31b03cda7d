import { KvsError } from '../errors/kvs-error.ts';
import { BitReader, removeEmulationPrevention } from './rbsp.ts';

/** What a H.265 picture parameter set says, as far as hvcC needs it. */
export type H265Pps = {
  readonly id: number;
  readonly spsId: number;
  /** parallelismType of hvcC: 0 mixed or unknown, 1 slices, 2 tiles, 3 wavefronts. */
  readonly parallelismType: number;
};

function readParallelism(reader: BitReader): number {
  reader.skip(7); // dependent slices, output flag, extra bits, sign hiding, cabac init
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
  if (hasTiles && hasWavefronts) {
    return 0;
  }
  return hasWavefronts ? 3 : hasTiles ? 2 : 1;
}

/**
 * Reads a picture parameter set NAL unit (type 34), its NAL header included. ITU-T H.265
 * 7.3.2.3.1.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD when not even its ids can be read
 */
export function parseH265Pps(nal: Uint8Array): H265Pps {
  const reader = new BitReader(removeEmulationPrevention(nal), 2);
  let [id, spsId] = [0, 0];
  try {
    id = reader.unsignedGolomb();
    spsId = reader.unsignedGolomb();
  } catch (cause) {
    throw new KvsError(
      'STATUS_MKV_INVALID_H264_H265_CPD',
      `A H.265 PPS of ${nal.length} bytes makes no sense.`,
      { cause },
    );
  }
  try {
    return { id, spsId, parallelismType: readParallelism(reader) };
  } catch {
    return { id, spsId, parallelismType: 0 };
  }
}
