import { laceStep } from '../../matroska/lacing.ts';
import { MatroskaReader } from '../../matroska/reader.ts';
import type { ReadTrack } from '../../matroska/reader-handlers.ts';
import { largest, smallest } from '../../runtime/extremes.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import { isPlayableAudio, isVideo, type Mp4Track, mp4Track } from './fmp4/codec.ts';
import type { Sample, TrackRun } from './fmp4/media-segment.ts';

/** A stored fragment taken apart for MP4. */
export type FragmentMedia = {
  /** Tracks that can be played. */
  readonly tracks: readonly Mp4Track[];
  /** Units of `samples` per second. */
  readonly timescale: number;
  /** Per playable track, its frames; times are relative to the fragment's first timecode. */
  readonly runs: readonly TrackRun[];
};

/**
 * Reads a stored fragment.
 * @throws ServiceError ResourceNotFoundException when the file is gone,
 *   UnsupportedStreamMediaTypeException when no track of it can be played.
 */
export async function readFragmentMedia(
  store: StreamFragments,
  record: FragmentRecord,
  protocol: Protocol,
): Promise<FragmentMedia> {
  const file = await store.read(record).catch((cause: unknown) => {
    throw new ServiceError(
      'ResourceNotFoundException',
      `The fragment ${record.number} no longer exists.`,
      { cause },
    );
  });
  let all: readonly ReadTrack[] = [];
  let scaleNs = 1_000_000;
  const samples = new Map<number, Sample[]>();
  const reader = new MatroskaReader({
    info: ({ timecodeScaleNs }) => {
      scaleNs = timecodeScaleNs;
    },
    tracks: (tracks) => {
      all = tracks.map((track) => ({ ...track, codecPrivate: track.codecPrivate?.slice() }));
    },
    block: (block) => {
      const { trackNumber, relativeTimecode, isKeyFrame, data, laced } = block;
      const list = samples.get(trackNumber) ?? [];
      list.push({ pts: relativeTimecode, isKeyFrame, data });
      samples.set(trackNumber, list);
      const track = all.find(({ number }) => number === trackNumber);
      if (laced.length === 0 || track === undefined) return;
      const step = laceStep(block, track, scaleNs);
      laced.forEach((frame, i) => {
        const pts = Math.round(relativeTimecode + (i + 1) * step);
        list.push({ pts, isKeyFrame, data: frame });
      });
    },
  });
  // In one piece, so that the frames handed out are views of the file and stay valid.
  reader.push(file);
  const tracks = playable(all, protocol);
  const timescale = timescaleOf(scaleNs);
  return {
    tracks,
    timescale,
    runs: tracks.map(({ number }) => trackRun(number, samples.get(number) ?? [], timescale / 25)),
  };
}

/** The runs, `units` later. */
export function shifted(runs: readonly TrackRun[], units: number): TrackRun[] {
  return runs.map((run) => ({
    ...run,
    samples: run.samples.map((sample) => ({ ...sample, pts: sample.pts + units })),
  }));
}

/** What the media is for: a clip may have the same codecs as DASH. */
export type Protocol = 'HLS' | 'DASH';

/**
 * The tracks that can be played back: the first of each kind, as with KVS, for others would have to
 * be chosen from.
 * @throws ServiceError UnsupportedStreamMediaTypeException when there is none.
 */
export function playable(tracks: readonly ReadTrack[], protocol: Protocol): Mp4Track[] {
  const known = tracks.filter(
    ({ codecId }) => isVideo(codecId) || isPlayableAudio(codecId, protocol),
  );
  const found = known.map(mp4Track).filter((track) => track !== undefined);
  const first = (['video', 'audio'] as const).map((kind) => found.find((one) => one.kind === kind));
  const chosen = first.filter((track) => track !== undefined);
  if (chosen.length > 0) return chosen;
  const codecs = tracks.map((track) => track.codecId || 'unknown').join(', ');
  throw new ServiceError(
    'UnsupportedStreamMediaTypeException',
    `H.264, H.265 and AAC can be played back; the stream has ${codecs || 'no tracks'}.`,
  );
}

/** MP4 counts units per second, Matroska nanoseconds per unit. */
function timescaleOf(timecodeScaleNs: number): number {
  return Math.max(1, Math.round(1e9 / timecodeScaleNs));
}

function trackRun(track: number, samples: readonly Sample[], fallback: number): TrackRun {
  const times = samples.map((sample) => sample.pts);
  const span = times.length > 1 ? largest(times) - smallest(times) : 0;
  const lastDuration = times.length > 1 ? Math.round(span / (times.length - 1)) : fallback;
  return { track, samples, lastDuration };
}
