import type { MatroskaTag } from '../../matroska/tags.ts';

/** A track as the fragment's own header describes it. */
export type ConsumedTrack = {
  /** Of ConsumedFrame.trackNumber. */
  readonly number: number;
  /** What the service calls the track's id. */
  readonly uid: bigint;
  readonly kind: 'video' | 'audio' | 'other';
  readonly name: string;
  /** Matroska's, e.g. `V_MPEG4/ISO/AVC`. */
  readonly codecId: string;
  readonly codecPrivate: Uint8Array | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly samplingFrequencyHz: number | undefined;
  readonly channels: number | undefined;
  /** What each frame lasts, where all last the same. */
  readonly defaultDurationNs: number | undefined;
  /** The payload of its TrackEntry element, with all that has no field here. */
  readonly entry: Uint8Array;
};

/** A frame as the producer sent it: an access unit, a packet of sound. */
export type ConsumedFrame = {
  /** Of ConsumedTrack.number. */
  readonly trackNumber: number;
  /**
   * When it is shown: epoch ns where the fragment's producer time is known, otherwise ns on the
   * stream's own time line.
   */
  readonly ptsNs: bigint;
  /** Undefined when the stream does not say. */
  readonly durationNs: bigint | undefined;
  readonly isKeyFrame: boolean;
  readonly isInvisible: boolean;
  readonly isDiscardable: boolean;
  /** Its own copy. H.264 and H.265 have length prefixes; see AnnexB. */
  readonly data: Uint8Array;
};

/** A fragment: one cluster, with the header and the tags that belong to it. */
export type ConsumedFragment = {
  /** Decimal, as the service numbered it; undefined for Matroska that is from no service. */
  readonly number: string | undefined;
  /** When the producer says that it began. */
  readonly producerTimestamp: Date | undefined;
  /** When the service began to receive it. */
  readonly serverTimestamp: Date | undefined;
  /** The cluster's own time, ns. */
  readonly timecodeNs: bigint;
  /** The producer's metadata; the service's own tags are the fields above. */
  readonly tags: readonly MatroskaTag[];
  readonly tracks: readonly ConsumedTrack[];
  /** In the order in which they were sent. */
  readonly frames: readonly ConsumedFrame[];
  /** GetMedia goes on behind this fragment with it. */
  readonly continuationToken: string | undefined;
  /** How far the fragment is behind the newest one; undefined outside GetMedia. */
  readonly millisBehindNow: number | undefined;
};
