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

/**
 * Puts silence where a session has audio and this fragment has none, or none yet. Players keep one
 * buffer for both: with a track of it missing they stand still or give up, however EXT-X-MAP and
 * EXT-X-DISCONTINUITY announce it.
 */
export function withSilence(media: FragmentMedia, durationMs: number): FragmentMedia {
  const { tracks, timescale, runs } = media;
  const video = runs.find(({ track }) => kindOf(tracks, track) === 'video');
  const fromPts = Math.min(...(video?.samples ?? []).map((sample) => sample.pts));
  if (!Number.isFinite(fromPts)) return media;
  const audio = tracks.find((track) => track.kind === 'audio');
  if (audio === undefined) {
    const track = silentTrack(Math.max(...tracks.map(({ number }) => number)) + 1);
    const toPts = fromPts + (durationMs * timescale) / 1000;
    const run = silence(track, timescale, fromPts, toPts);
    return run === undefined
      ? media
      : { ...media, tracks: [...tracks, track], runs: [...runs, run] };
  }
  const index = runs.findIndex(({ track }) => track === audio.number);
  const own = runs[index];
  const firstPts = own?.samples[0]?.pts;
  if (own === undefined || firstPts === undefined) return media;
  if (firstPts - fromPts <= (UNNOTICED_MS * timescale) / 1000) return media;
  const head = silence(audio, timescale, fromPts, firstPts);
  if (head === undefined) return media;
  return {
    ...media,
    runs: runs.with(index, { ...own, samples: [...head.samples, ...own.samples] }),
  };
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
