import { KvsError } from '../../errors/kvs-error.ts';
import type { NalLengthSize } from '../nal/nal-units.ts';
import type { H265Sps } from './h265-sps.ts';

/** NAL unit types of H.265 table 7-1 that hvcC carries. */
export const H265_NAL = { vps: 32, sps: 33, pps: 34 } as const;

/** A HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1) taken apart. */
export type HevcConfiguration = {
  readonly lengthSize: NalLengthSize;
  /** NAL units of all arrays with their header; views into the record. */
  readonly nals: readonly Uint8Array[];
};

/** Bytes in front of the arrays. */
const FIXED_BYTES = 23;

/** Offset of constantFrameRate, numTemporalLayers, temporalIdNested and lengthSizeMinusOne. */
export const HVCC_LENGTH_SIZE_OFFSET = 21;

function invalid(what: string): KvsError {
  return new KvsError('STATUS_MKV_INVALID_H264_H265_CPD', `The hvcC codec data ${what}`, {
    advice: 'Put h265parse in front of kvssink, or pass the hvcC record unchanged.',
  });
}

/**
 * Takes an hvcC record apart.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD
 */
export function parseHvcC(data: Uint8Array): HevcConfiguration {
  if (data.length < FIXED_BYTES) {
    throw invalid(`has ${data.length} bytes, less than the shortest of ${FIXED_BYTES}`);
  }
  // Records of before the standard was published have version 0 and are otherwise the same.
  if (data[0] !== 1 && data[0] !== 0) {
    throw invalid(`has configurationVersion ${data[0]} instead of 1`);
  }
  const lengthSize = ((data[HVCC_LENGTH_SIZE_OFFSET] ?? 0) & 3) + 1;
  if (lengthSize === 3) {
    throw invalid('has 3-byte NAL unit lengths, which ISO/IEC 14496-15 reserves');
  }
  const nals: Uint8Array[] = [];
  const arrays = data[22] ?? 0;
  let at = FIXED_BYTES;
  const word = (offset: number): number => ((data[offset] ?? 0) << 8) | (data[offset + 1] ?? 0);
  for (let array = 0; array < arrays; array += 1) {
    const count = word(at + 1);
    at += 3;
    for (let i = 0; i < count; i += 1) {
      const end = at + 2 + word(at);
      if (end > data.length || at + 2 > data.length) {
        throw invalid(`ends within NAL unit ${i + 1} of array ${array + 1}`);
      }
      nals.push(data.subarray(at + 2, end));
      at = end;
    }
  }
  if (at > data.length) throw invalid('ends within its arrays');
  return { lengthSize: lengthSize as NalLengthSize, nals };
}

/**
 * Builds an hvcC record with 4-byte lengths. array_completeness is 0, since frames keep the
 * parameter sets they carry.
 * @throws KvsError when there is no SPS or PPS, or a parameter set is longer than 65535 bytes
 */
export function buildHvcC(
  sps: H265Sps,
  parallelismType: number,
  sets: { vps: readonly Uint8Array[]; sps: readonly Uint8Array[]; pps: readonly Uint8Array[] },
): Uint8Array {
  if (sets.sps.length === 0 || sets.pps.length === 0) {
    throw new KvsError(
      'STATUS_MKV_HEVC_SPS_NALU_MISSING',
      `hvcC needs an SPS and a PPS; there are ${sets.sps.length} and ${sets.pps.length}`,
    );
  }
  const segmentation = sps.minSpatialSegmentationIdc;
  const arrays = (['vps', 'sps', 'pps'] as const).filter((kind) => sets[kind].length > 0);
  const parts: Uint8Array[] = [
    Uint8Array.of(1),
    sps.profileTierLevel,
    Uint8Array.of(
      0xf0 | (segmentation >> 8),
      segmentation & 255,
      // Without segments there is no parallelism to speak of.
      0xfc | (segmentation === 0 ? 0 : parallelismType),
      0xfc | sps.chromaFormatIdc,
      0xf8 | (sps.bitDepthLuma - 8),
      0xf8 | (sps.bitDepthChroma - 8),
      0, // avgFrameRate: not said
      0,
      (sps.temporalLayers << 3) | (sps.isTemporalIdNested ? 4 : 0) | 3,
      arrays.length,
    ),
  ];
  for (const kind of arrays) {
    const nals = sets[kind];
    parts.push(Uint8Array.of(H265_NAL[kind], nals.length >> 8, nals.length & 255));
    for (const nal of nals) {
      if (nal.length > 0xffff) {
        throw invalid(`cannot hold a parameter set of ${nal.length} bytes (at most 65535)`);
      }
      parts.push(Uint8Array.of(nal.length >> 8, nal.length & 255), nal);
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}
