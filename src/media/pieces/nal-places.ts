import { H265_NAL } from '../h265/hvcc.ts';

/** Where a NAL unit stands in its access unit: what tells one access unit from the next. */
export type NalPlace =
  /** Access unit delimiter: always the first. */
  | 'delimiter'
  /** Comes in front of a picture, and so ends the one before: parameter sets, prefix SEI. */
  | 'leading'
  /** The first slice of a picture. */
  | 'first-slice'
  /** Another slice of the same picture. */
  | 'further-slice'
  /** Belongs to what came before it: suffix SEI, filler, end of sequence, other layers. */
  | 'trailing';

/** Says it of the NAL unit whose header is at `start`. */
export type PlaceOfNal = (data: Uint8Array, start: number) => NalPlace;

const H264 = { slice: 1, partitionA: 2, partitionC: 4, idr: 5, delimiter: 9 } as const;

/** H.264 7.4.1.2.3: types that can only be in front of the primary coded picture. */
const H264_LEADING: ReadonlySet<number> = new Set([6, 7, 8, 14, 15, 16, 17, 18]);

/** H.264: first_mb_in_slice is the first field of a slice, and 0 is a single set bit. */
export const placeOfH264: PlaceOfNal = (data, start) => {
  const type = (data[start] ?? 0) & 0x1f;
  switch (type) {
    case H264.slice:
    case H264.partitionA:
    case H264.idr:
      return (data[start + 1] ?? 0) >= 0x80 ? 'first-slice' : 'further-slice';
    case H264.delimiter:
      return 'delimiter';
    default:
      if (H264_LEADING.has(type)) return 'leading';
      return type > H264.partitionA && type <= H264.partitionC ? 'further-slice' : 'trailing';
  }
};

const H265 = { lastVcl: 31, delimiter: 35, prefixSei: 39 } as const;

/** H.265 7.4.2.4.4: reserved types that begin an access unit. */
function isReservedLeading(type: number): boolean {
  return (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}

/** H.265: first_slice_segment_in_pic_flag is the first bit behind the two-byte header. */
export const placeOfH265: PlaceOfNal = (data, start) => {
  const header = ((data[start] ?? 0) << 8) | (data[start + 1] ?? 0);
  const type = (header >> 9) & 0x3f;
  const layer = (header >> 3) & 0x3f;
  if (layer > 0) return 'trailing';
  if (type <= H265.lastVcl) return (data[start + 2] ?? 0) >= 0x80 ? 'first-slice' : 'further-slice';
  switch (type) {
    case H265.delimiter:
      return 'delimiter';
    case H265_NAL.vps:
    case H265_NAL.sps:
    case H265_NAL.pps:
    case H265.prefixSei:
      return 'leading';
    default:
      return isReservedLeading(type) ? 'leading' : 'trailing';
  }
};
