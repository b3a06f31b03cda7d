import { KvsError } from '../../errors/kvs-error.ts';

/**
 * StreamInfo.NalAdaptationFlags with upstream's values. The fifth name in AWS's guide
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/producer-reference-nal.html),
 * NAL_ADAPTATION_ANNEXB_CPD_FRAME_PRIVATE_DATA, has ANNEXB_CPD's value upstream.
 */
export const NAL_ADAPTATION = {
  /** Frames and codec private data go out as they come in. */
  NONE: 0,
  /** Frames come with start codes, go out with 4-byte lengths. */
  ANNEXB_NALS: 0x08,
  /** Frames come with lengths, go out with start codes. */
  AVCC_NALS: 0x10,
  /** Codec private data comes with start codes, goes out as avcC or hvcC. */
  ANNEXB_CPD_NALS: 0x20,
} as const;

const KNOWN_FLAGS =
  NAL_ADAPTATION.ANNEXB_NALS | NAL_ADAPTATION.AVCC_NALS | NAL_ADAPTATION.ANNEXB_CPD_NALS;

/**
 * @throws KvsError STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED, or STATUS_INVALID_ARG for a value
 * with unknown bits.
 */
export function checkNalAdaptation(flags: number): void {
  const both = NAL_ADAPTATION.ANNEXB_NALS | NAL_ADAPTATION.AVCC_NALS;
  if ((flags & both) === both) {
    throw new KvsError(
      'STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED',
      `nalAdaptationFlags 0x${flags.toString(16)} ask for both directions at once`,
      { advice: 'Give ANNEXB_NALS (0x8) or AVCC_NALS (0x10), not both.' },
    );
  }
  if (!Number.isInteger(flags) || (flags & ~KNOWN_FLAGS) !== 0) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `nalAdaptationFlags ${flags} has unknown bits; 0x38 are known`,
    );
  }
}
