import type { TrackDescription } from '../../media/codec/codec-adapter.ts';

/** One track of a stream. */
export type TrackInfo = {
  /** 1 … ; KVS's track id, unique in the stream. */
  readonly trackId: number;
  /** Matroska track name, at most 32 characters. */
  readonly trackName: string;
  /** What it will be, where there is no description yet. */
  readonly kind?: 'video' | 'audio' | 'other';
  /** What is known before the first frame; completed by setTrackFormat or by the frames. */
  readonly description?: TrackDescription;
};
