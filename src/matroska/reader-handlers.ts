import type { MatroskaTag } from './tags.ts';

/** What the Info element says. */
export type ReadInfo = {
  readonly timecodeScaleNs: number;
  readonly segmentUid: Uint8Array | undefined;
  /** When the file was made (DateUTC), epoch ms. */
  readonly dateMs: number | undefined;
  /** How long it lasts; undefined where it does not say, as in live streams. */
  readonly durationMs: number | undefined;
};

/** A track as the reader found it. */
export type ReadTrack = {
  readonly number: number;
  readonly uid: bigint;
  /** Matroska TrackType: 1 video, 2 audio. */
  readonly type: number;
  readonly name: string;
  readonly codecId: string;
  readonly codecPrivate: Uint8Array | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly samplingFrequencyHz: number | undefined;
  readonly channels: number | undefined;
  /** What each frame lasts, where all last the same. */
  readonly defaultDurationNs: number | undefined;
  /** The whole payload of its TrackEntry, for who writes it again. */
  readonly entry: Uint8Array;
};

/** A tag as the reader found it. */
export type ReadTag = MatroskaTag & {
  /**
   * Whether its Tag says what it is about: the file, a track. Muxers of files always write that;
   * the metadata of a KVS fragment never has it.
   */
  readonly hasTargets: boolean;
};

/** A block as the reader found it, nearly always of one frame. Valid only during the call. */
export type ReadBlock = {
  readonly trackNumber: number;
  /** In timecode-scale units, relative to the cluster. */
  readonly relativeTimecode: number;
  readonly isKeyFrame: boolean;
  readonly isInvisible: boolean;
  readonly isDiscardable: boolean;
  /** The frame; of several, the first. */
  readonly data: Uint8Array;
  /** Frames that are laced behind it in the same block. */
  readonly laced: readonly Uint8Array[];
  /** In timecode-scale units, of all frames together; undefined when the block does not say. */
  readonly duration: number | undefined;
};

/**
 * What a streaming Matroska reader calls, in stream order. `raw` is the element's own bytes
 * (id, size and payload; for a cluster only id, size and what precedes the first block), so that
 * a service can store what it received without writing Matroska anew. Valid only during the call.
 */
export type MatroskaHandlers = {
  /** A new EBML header: a new document starts. */
  ebmlHeader?(raw: Uint8Array): void;
  /** The Segment's id and size. */
  segmentStart?(raw: Uint8Array): void;
  info?(info: ReadInfo, raw: Uint8Array): void;
  tracks?(tracks: readonly ReadTrack[], raw: Uint8Array): void;
  tags?(tags: readonly ReadTag[], raw: Uint8Array): void;
  /** `timecode` in timecode-scale units. */
  clusterStart?(timecode: bigint, raw: Uint8Array): void;
  /** A block of so many bytes begins; may be called more than once for it. */
  blockStart?(bytes: number): void;
  block?(block: ReadBlock, raw: Uint8Array): void;
  /**
   * The cluster ended: with its last byte, if it has a known size; otherwise another level-1
   * element or a new document began, or the input ended.
   */
  clusterEnd?(hasKnownSize: boolean): void;
};
