import { KvsError } from '../../errors/kvs-error.ts';
import type { NalLengthSize } from '../nal/nal-units.ts';
import type { H264Sps } from './h264-sps.ts';

/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1) taken apart. */
export type AvcConfiguration = {
  readonly lengthSize: NalLengthSize;
  /** NAL units with their header; views into the record. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
};

/** Baseline, Main and Extended: the profiles without the record's chroma and bit-depth bytes. */
const PROFILES_WITHOUT_EXTENSION: ReadonlySet<number> = new Set([66, 77, 88]);

/** At most this many of each fit the record's 5-bit (SPS) and 8-bit (PPS) counts. */
const MAX_SPS = 31;
const MAX_PPS = 255;

function invalid(what: string): KvsError {
  return new KvsError('STATUS_MKV_INVALID_H264_H265_CPD', `The avcC codec data ${what}`, {
    advice: 'Put h264parse in front of kvssink, or pass the avcC record unchanged.',
  });
}

/**
 * Takes an avcC record apart.
 * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD
 */
export function parseAvcC(data: Uint8Array): AvcConfiguration {
  if (data.length < 7) throw invalid(`has ${data.length} bytes, less than the shortest of 7`);
  if (data[0] !== 1) throw invalid(`has configurationVersion ${data[0]} instead of 1`);
  const lengthSize = ((data[4] ?? 0) & 3) + 1;
  if (lengthSize === 3) {
    throw invalid('has 3-byte NAL unit lengths, which ISO/IEC 14496-15 reserves');
  }
  let at = 5;
  const take = (mask: number): Uint8Array[] => {
    const units: Uint8Array[] = [];
    const count = (data[at] ?? 0) & mask;
    at += 1;
    for (let i = 0; i < count; i += 1) {
      const start = at + 2;
      const end = start + ((data[at] ?? 0) << 8) + (data[at + 1] ?? 0);
      if (start > data.length || end > data.length) {
        throw invalid(`ends within parameter set ${i + 1} of ${count}`);
      }
      units.push(data.subarray(start, end));
      at = end;
    }
    return units;
  };
  const sps = take(0x1f);
  if (at >= data.length) throw invalid('ends after its SPS');
  const pps = take(0xff);
  return { lengthSize: lengthSize as NalLengthSize, sps, pps };
}

/**
 * Builds an avcC record with 4-byte lengths. `sps` is the first of `spsNals`, taken apart; High
 * and higher profiles get chroma_format and bit depths, which upstream leaves out.
 * @throws KvsError when there are more parameter sets, or longer ones, than the record can hold.
 */
export function buildAvcC(
  sps: Pick<H264Sps, 'profileIdc' | 'chromaFormatIdc' | 'bitDepthLuma' | 'bitDepthChroma'>,
  spsNals: readonly Uint8Array[],
  ppsNals: readonly Uint8Array[],
): Uint8Array {
  const [first] = spsNals;
  if (first === undefined || first.length < 4) {
    throw new KvsError('STATUS_MKV_MISSING_SPS_FROM_H264_CPD', 'There is no H.264 SPS');
  }
  if (ppsNals.length === 0) {
    throw new KvsError('STATUS_MKV_MISSING_PPS_FROM_H264_CPD', 'There is no H.264 PPS');
  }
  if (spsNals.length > MAX_SPS || ppsNals.length > MAX_PPS) {
    throw invalid(
      `cannot hold ${spsNals.length} SPS (at most ${MAX_SPS}) and ${ppsNals.length} PPS ` +
        `(at most ${MAX_PPS})`,
    );
  }
  const extension = PROFILES_WITHOUT_EXTENSION.has(sps.profileIdc)
    ? []
    : [
        0xfc | sps.chromaFormatIdc,
        0xf8 | (sps.bitDepthLuma - 8),
        0xf8 | (sps.bitDepthChroma - 8),
        0, // numOfSequenceParameterSetExt
      ];
  const lengthPrefixed = (nal: Uint8Array): Uint8Array[] => {
    if (nal.length > 0xffff) {
      throw invalid(`cannot hold a parameter set of ${nal.length} bytes (at most 65535)`);
    }
    return [Uint8Array.of(nal.length >> 8, nal.length & 255), nal];
  };
  return new Uint8Array(
    Buffer.concat([
      Uint8Array.of(1, ...first.subarray(1, 4), 0xff, 0xe0 | spsNals.length),
      ...spsNals.flatMap(lengthPrefixed),
      Uint8Array.of(ppsNals.length),
      ...ppsNals.flatMap(lengthPrefixed),
      Uint8Array.from(extension),
    ]),
  );
}
