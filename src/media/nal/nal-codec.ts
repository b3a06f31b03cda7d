import type { RangeList } from '../bits/range-list.ts';
import type { PictureOrder, References } from '../codec/picture.ts';
import type { NalLengthSize } from './nal-units.ts';
import type { ParameterSet } from './parameter-sets.ts';

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
  /** Equal for formats that a reader need not tell apart before it sees the parameter sets. */
  readonly essentials: string;
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
  /** The parameter set with these bytes, if it is known. */
  knows(nal: Uint8Array): ParameterSet | undefined;
  /** Stores a copy of a new or changed parameter set. @throws KvsError when it makes no sense. */
  learn(nal: Uint8Array): ParameterSet;
  /** All sets that are known. */
  readonly sets: Iterable<ParameterSet>;
  /** The PPS that the slice data[start, end) names; undefined when it cannot be told. */
  ppsOf(data: Uint8Array, start: number, end: number): ParameterSet | undefined;
  /** A PPS's SPS, and an H.265 SPS's VPS. */
  parentOf(set: ParameterSet): ParameterSet | undefined;
  /** Goes on with the sets of another codec of the same kind. */
  inherit(from: NalCodec): void;
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

/** What H.264 and H.265 do each in its own way. */
export interface CodecOrder {
  readonly codec: NalCodec;
  /**
   * Fills `order` for the picture whose first slice is NAL unit `first`.
   * @returns false when its header cannot be read, or its parameter sets are not known
   */
  read(data: Uint8Array, nals: RangeList, first: number, order: PictureOrder): boolean;
}
