import type { RangeList } from '../bits/range-list.ts';
import type { PictureOrder, References } from '../codec/picture.ts';
import type { NalLengthSize } from './nal-units.ts';
import type { ParameterSet, ParameterSets } from './parameter-sets.ts';

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

/** What the adapter asks of a slice header. */
export type NalSlice = {
  /** The PPS that it names; undefined when the slice was none, or cut off in front of it. */
  readonly ppsId: number | undefined;
  /** All that is asked for was read, and the sets that it names are known. */
  readonly isRead: boolean;
};

/** H.264 or H.265: what the adapter needs to know of a codec made of NAL units. */
export interface NalCodec {
  readonly codecId: string;
  readonly contentType: string;
  /** All parameter sets that are known. */
  readonly sets: ParameterSets;
  readonly references: References;
  /** The slice that `references` looked at last. */
  readonly slice: NalSlice;
  classify(data: Uint8Array, start: number, end: number): NalClass;
  /**
   * Takes avcC or hvcC.
   * @returns the size of the length prefixes it promises
   * @throws KvsError STATUS_MKV_INVALID_H264_H265_CPD
   */
  setConfiguration(record: Uint8Array): NalLengthSize;
  /** Stores a copy of a new or changed parameter set. @throws KvsError when it makes no sense. */
  learn(nal: Uint8Array): ParameterSet;
  /** The number of the PPS that the slice data[start, end) names; undefined when it is none. */
  ppsIdOf(data: Uint8Array, start: number, end: number): number | undefined;
  /** What the sets say, as they are now; undefined while one is missing. */
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
