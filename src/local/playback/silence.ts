import { largest, smallest } from '../../runtime/extremes.ts';
import { AAC, type Mp4Track, mp4Track } from './fmp4/codec.ts';
import type { Sample, TrackRun } from './fmp4/media-segment.ts';
import type { FragmentMedia } from './fragment-media.ts';

/** Samples of each channel in an AAC-LC frame. */
const SAMPLES_PER_FRAME = 1024;
/** Audio that begins this much after the video leaves no hole that a player would notice. */
const UNNOTICED_MS = 100;

/** An AAC-LC frame without a sound, by the number of channels (ISO/IEC 14496-3, 4.4.2.1). */
const SILENT_FRAMES: ReadonlyMap<number, Uint8Array> = new Map([
  [1, Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80)],
  [2, Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80)],
]);

/** Whether a fragment has pictures for which it has no sound, or none yet. */
export function lacksSound(media: FragmentMedia): boolean {
  const pictures = firstPts(media, 'video');
  const sound = firstPts(media, 'audio');
  if (pictures === undefined) return false;
  return sound === undefined || sound - pictures > (UNNOTICED_MS * media.timescale) / 1000;
}

/** When the sound of a fragment ends, in ms after its first timecode; undefined without any. */
export function soundEndMs({ tracks, timescale, runs }: FragmentMedia): number | undefined {
  const sound = runs.find(({ track }) => kindOf(tracks, track) === 'audio');
  if (sound === undefined || sound.samples.length === 0) return undefined;
  const lastPts = largest(sound.samples.map(({ pts }) => pts));
  return ((lastPts + sound.lastDuration) * 1000) / timescale;
}

/**
 * Puts silence where a session has audio and this fragment has none, or none yet. Players keep one
 * buffer for both: with a track of it missing they stand still or give up, however EXT-X-MAP and
 * EXT-X-DISCONTINUITY announce it.
 * @param media of which lacksSound is true.
 * @param durationMs of the fragment in its playlist.
 * @param sinceMs when the sound of the fragment before ended, after this one's first timecode: the
 *   silence begins there, so that it leaves no hole and covers nothing. By default, with the video.
 */
export function withSilence(
  media: FragmentMedia,
  durationMs: number,
  sinceMs?: number,
): FragmentMedia {
  const { tracks, timescale, runs } = media;
  const picturesPts = firstPts(media, 'video');
  if (picturesPts === undefined) return media;
  const fromPts = sinceMs === undefined ? picturesPts : Math.round((sinceMs * timescale) / 1000);
  const toPts = firstPts(media, 'audio') ?? picturesPts + (durationMs * timescale) / 1000;
  const own = tracks.find((track) => track.kind === 'audio');
  const track = own ?? silentTrack(Math.max(...tracks.map(({ number }) => number)) + 1);
  const silent = silence(track, timescale, fromPts, toPts);
  if (silent === undefined) return media;
  const sound = runs.find((run) => run.track === track.number);
  const run: TrackRun =
    sound === undefined || sound.samples.length === 0
      ? silent
      : { ...sound, samples: [...silent.samples, ...sound.samples] };
  return {
    ...media,
    tracks: own === undefined ? [...tracks, track] : tracks,
    runs: [...runs.filter((one) => one !== sound), run],
  };
}

/** The earliest PTS of a kind of track; undefined without any frame. */
function firstPts({ tracks, runs }: FragmentMedia, kind: Mp4Track['kind']): number | undefined {
  const run = runs.find(({ track }) => kindOf(tracks, track) === kind);
  if (run === undefined || run.samples.length === 0) return undefined;
  return smallest(run.samples.map(({ pts }) => pts));
}

function kindOf(tracks: readonly Mp4Track[], number: number): Mp4Track['kind'] | undefined {
  return tracks.find((track) => track.number === number)?.kind;
}

/** AAC-LC, 48 kHz, stereo; a session's other formats may have any: each has its own EXT-X-MAP. */
function silentTrack(number: number): Mp4Track {
  const track = mp4Track({
    number,
    uid: 0n,
    type: 2,
    name: '',
    codecId: AAC,
    codecPrivate: Uint8Array.of(0x11, 0x90),
    width: undefined,
    height: undefined,
    samplingFrequencyHz: 48_000,
    channels: 2,
    defaultDurationNs: undefined,
    entry: new Uint8Array(),
  });
  if (track === undefined) throw new Error('AAC cannot be played');
  return track;
}

/** Silent frames of a track for a span; undefined when it is no AAC-LC of one or two channels. */
function silence(
  { number, codec, audio }: Mp4Track,
  timescale: number,
  fromPts: number,
  toPts: number,
): TrackRun | undefined {
  const data = SILENT_FRAMES.get(audio?.channels ?? 0);
  if (data === undefined || audio === undefined || codec !== 'mp4a.40.2') return undefined;
  const each = (SAMPLES_PER_FRAME * timescale) / audio.samplingFrequencyHz;
  const samples: Sample[] = [];
  for (let i = 0; i < Math.round((toPts - fromPts) / each); i++) {
    samples.push({ pts: Math.round(fromPts + i * each), isKeyFrame: true, data });
  }
  return { track: number, samples, lastDuration: Math.round(each) };
}
