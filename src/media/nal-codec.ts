import type { NalLengthSize } from './nal-units.ts';
import type { References } from './picture.ts';

/** What a NAL unit is to the adapter. */
export type NalClass =
  /** Coded picture data from which decoding cannot start by itself. */
  | 'slice'
  /** Coded picture data of a picture at which decoding can start: IDR, CRA, BLA. */
  | 'random-access-slice'
  | 'parameter-set'
  /** Access unit delimiter. */
  | 'delimiter'
  /** SEI that says that decoding can start at this picture. */
  | 'recovery-point'
  /** SEI that says that pictures are right some pictures later. */
  | 'gradual-recovery-point'
  | 'other';

/** What codec data and parameter sets say about a track. */
export type NalFormat = {
  /** avcC or hvcC. */
  readonly codecPrivate: Uint8Array;
  readonly width: number | undefined;
  readonly height: number | undefined;
};

/** H.264 or H.265: what the adapter needs to know of a codec made of NAL units. */
export interface NalCodec {
  readonly codecId: string;
  readonly contentType: string;
  readonly references: References;
  classify(data: Uint8Array, start: number, end: number): NalClass;
  /**
   * Takes avcC or hvcC.
   * @returns the size of the length prefixes it promises
   * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD
   */
  setConfiguration(record: Uint8Array): NalLengthSize;
  /** True when this parameter set is known, byte for byte. */
  knows(nal: Uint8Array): boolean;
  /** Stores a copy of a new or changed parameter set. @throws KvsError when it makes no sense. */
  learn(nal: Uint8Array): void;
  /**
   * An access unit with slices was looked at, `slice` is its first. At a random access point the
   * parameter sets that its picture uses become the active ones.
   */
  pictureCame(slice: Uint8Array, isRandomAccessPoint: boolean): void;
  /** True when format() may be another since it was last called. */
  readonly changed: boolean;
  /** Undefined while a parameter set is missing. */
  format(): NalFormat | undefined;
}
