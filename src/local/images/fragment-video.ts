import { laceStep } from '../../matroska/lacing.ts';
import { MatroskaReader } from '../../matroska/reader.ts';
import type { ReadTrack } from '../../matroska/reader-handlers.ts';

/** A frame of a fragment's video, in the order in which it came. */
export type VideoFrame = {
  /** From the fragment's start. */
  readonly timeMs: number;
  readonly isKeyFrame: boolean;
  readonly data: Uint8Array;
};

/** What images are made of: the first video track of a fragment. */
export type FragmentVideo = {
  readonly track: ReadTrack;
  readonly frames: readonly VideoFrame[];
};

/** The video of a stored fragment; undefined when it has none. */
export function fragmentVideo(file: Uint8Array): FragmentVideo | undefined {
  let track: ReadTrack | undefined;
  let scaleNs = 1_000_000;
  const frames: VideoFrame[] = [];
  const reader = new MatroskaReader({
    info: ({ timecodeScaleNs }) => {
      scaleNs = timecodeScaleNs;
    },
    tracks: (tracks) => {
      const video = tracks.find(({ type }) => type === 1);
      track = video && { ...video, entry: video.entry.slice() };
    },
    block: (block) => {
      if (track === undefined || block.trackNumber !== track.number) return;
      const { relativeTimecode, isKeyFrame, data, laced } = block;
      const step = laced.length === 0 ? 0 : laceStep(block, track, scaleNs);
      for (const [i, frame] of [data, ...laced].entries()) {
        const timeMs = ((relativeTimecode + i * step) * scaleNs) / 1e6;
        frames.push({ timeMs, isKeyFrame, data: frame });
      }
    },
  });
  // In one piece, so that the frames are views of it and stay valid.
  reader.push(file);
  return track === undefined ? undefined : { track, frames };
}
