import type { BusMessage } from '../../host/native/native.ts';
import type { VideoCodec } from './network-camera.ts';

/** Exit codes of a connection to a camera that has no such track. */
export const MISSING = { video: 3, sound: 4 } as const;

/** Which tracks to ask a camera for. */
export type Tracks = { readonly codec: VideoCodec; readonly audio: boolean };

/**
 * The exit code for a warning that a branch of the pipeline found no track of its kind. With the
 * other branch alone the pipeline would go on, waiting for this one forever.
 */
export function missingTrack({ debug = '' }: BusMessage): number | undefined {
  const branch = /to some pad of \w+ named (video|sound)$/m.exec(debug)?.[1];
  return branch === 'video' || branch === 'sound' ? MISSING[branch] : undefined;
}

/**
 * Which tracks to connect with: a camera says what it sends only when it is asked, and the pipeline
 * has to be there by then. So H.264, and sound if it was wished for, are tried first.
 * @param wished undefined codec: whichever of the two the camera has.
 * @param before what was tried, and how it ended; undefined for the first time.
 */
export function nextTracks(
  wished: { readonly codec: VideoCodec | undefined; readonly audio: boolean },
  before: { readonly tracks: Tracks; readonly exitCode: number } | undefined,
): Tracks {
  if (before === undefined) return { codec: wished.codec ?? 'h264', audio: wished.audio };
  const { tracks, exitCode } = before;
  if (exitCode === MISSING.sound) return { ...tracks, audio: false };
  if (exitCode !== MISSING.video || wished.codec !== undefined) return tracks;
  return { ...tracks, codec: tracks.codec === 'h264' ? 'h265' : 'h264' };
}
