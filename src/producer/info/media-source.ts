import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import type { Frame } from './frame.ts';

/** A frame of a MediaSource: its bytes, and whatever else of a Frame the source knows. */
export type SourceFrame = Partial<Frame> & Pick<Frame, 'data'>;

/** Where a MediaSource puts its media: a track or several of a stream. */
export type MediaSink = {
  /** Says what a track is, before its first frame and when that changes. */
  format(description: TrackDescription, trackId?: number): void;
  /**
   * Takes a frame, of track 1 unless it says otherwise; without times it gets those of its arrival,
   * and without isKeyFrame its bytes decide. Offline a promise is returned while the buffer is full:
   * await it, and nothing is lost. Throws nothing: what is wrong with a frame ends the source, and
   * KinesisVideoStream.putSource rejects with it.
   */
  frame(frame: SourceFrame): Promise<void> | undefined;
};

/**
 * Something that produces encoded frames: a camera, a file, a simulation. For
 * KinesisVideoStream.putSource, which calls each of its methods once.
 */
export type MediaSource = {
  /** Puts media into the sink. Resolves when there is no more, or soon after `stop`. */
  start(sink: MediaSink): Promise<void>;
  /** Ends `start`, if it has not ended by itself, and frees what it has opened. */
  stop(): void | Promise<void>;
};
