/** A track as far as playing it back needs it. */
export type FragmentTrack = {
  readonly number: number;
  /** Matroska TrackType: 1 video, 2 audio. */
  readonly type: number;
  readonly codecId: string;
  /** Frames of this track in the fragment. */
  readonly frames: number;
};

/** A persisted fragment, as the index on disk and the listings for tests have it. */
export type FragmentRecord = {
  /** Decimal, 47 digits, increasing. */
  readonly number: string;
  /** The cluster's timecode as sent, in timecode-scale units. */
  readonly timecode: number;
  /** Epoch ms of the cluster, as https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html computes it. */
  readonly producerTimestampMs: number;
  /** Epoch ms when the service began to receive it. */
  readonly serverTimestampMs: number;
  /** From the first frame to the end of the last, its duration estimated. */
  readonly durationMs: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Where the Cluster begins in the file: the tags of GetMedia go in front of it. */
  readonly clusterOffset: number;
  readonly frames: number;
  readonly keyFrames: number;
  readonly tracks: readonly FragmentTrack[];
  /** Changes when the Matroska header does: players then need a new initialization segment. */
  readonly formatId: string;
  /** Identifies the PutMedia request it came with. */
  readonly session: string;
  /**
   * Numbers of fragments with the same producer timestamp that this one took the place of: what
   * was sent again after a reconnect. The newest of them, at most 16.
   */
  readonly replaced: readonly string[];
};

/** A complete fragment on its way to the disk. */
export type NewFragment = Omit<FragmentRecord, 'bytes' | 'clusterOffset' | 'replaced'> & {
  /** EBML header, Segment, Info, Tracks, Tags. */
  readonly head: readonly Uint8Array[];
  /** The Cluster, and tags that came after it. */
  readonly body: readonly Uint8Array[];
};
