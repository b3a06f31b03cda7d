import type { ReadTrack } from '../../matroska/reader-handlers.ts';
import { mp4Track } from '../playback/fmp4/codec.ts';
import type { TrackReport } from './page-reports.ts';

/** A track as the page is told of it. */
export function trackReport(track: ReadTrack): TrackReport {
  const { number, type, name, codecId, width, height, samplingFrequencyHz, channels } = track;
  const codec = codecOf(track);
  return {
    number,
    type,
    codecId,
    codecPrivateBytes: track.codecPrivate?.length ?? 0,
    ...(name === '' ? {} : { name }),
    ...(codec === undefined ? {} : { codec }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(samplingFrequencyHz === undefined ? {} : { samplingFrequencyHz }),
    ...(channels === undefined ? {} : { channels }),
  };
}

/** Unknown where the track cannot be played back, for whatever reason: its player says which. */
function codecOf(track: ReadTrack): string | undefined {
  try {
    return mp4Track(track)?.codec;
  } catch {
    return undefined;
  }
}
