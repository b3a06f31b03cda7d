import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { Mp4Track } from './fmp4/codec.ts';
import { initSegment } from './fmp4/init-segment.ts';
import { mediaSegment, type TrackRun } from './fmp4/media-segment.ts';
import { type FragmentMedia, readFragmentMedia, shifted } from './fragment-media.ts';
import { durationMs, isContinuous, type PlaybackEntry } from './sessions/playback-entry.ts';
import type { PlaybackSession } from './sessions/playback-session.ts';
import { lacksSound, soundEndMs, withSilence } from './silence.ts';

/** TrackNumber in URLs: KVS plays a video track 1 and an audio track 2. */
export const TRACK_NUMBERS = { video: 1, audio: 2 } as const;

/** Decode times lie before presentation times, and neither may be negative. */
export const HEAD_START_MS = 2_000;

/**
 * The initialization segment for an entry's track.
 * @throws ServiceError as segmentRun
 */
export async function initSegmentOf(
  session: PlaybackSession,
  entry: PlaybackEntry,
  query: URLSearchParams,
): Promise<Buffer> {
  const media = await mediaOf(session, entry);
  return initSegment([trackOf(media, query)], media.timescale);
}

/**
 * The media segment of an entry's track.
 * @throws ServiceError ResourceNotFoundException for a track that the fragment does not have
 */
export async function mediaSegmentOf(
  session: PlaybackSession,
  entry: PlaybackEntry,
  query: URLSearchParams,
): Promise<Buffer[]> {
  const media = await mediaOf(session, entry);
  const { number } = trackOf(media, query);
  const runs = onSessionTime(entry, media).filter(({ track }) => track === number);
  return mediaSegment(entry.sequence, runs);
}

/** An entry's frames where they lie on the session's time line. */
export function onSessionTime(entry: PlaybackEntry, media: FragmentMedia): TrackRun[] {
  const startMs = entry.mediaMs + HEAD_START_MS;
  return shifted(media.runs, Math.round((startMs * media.timescale) / 1000));
}

/**
 * An entry's fragment, taken apart. Where the session has audio and the fragment has none, it is
 * silent.
 * @throws ServiceError ResourceNotFoundException when the fragment is gone, and as
 *   readFragmentMedia
 */
export async function mediaOf(
  session: PlaybackSession,
  entry: PlaybackEntry,
): Promise<FragmentMedia> {
  const { stream, settings, entries } = session;
  const media = await readFragmentMedia(
    stream.fragments,
    await recordOf(session, entry),
    settings.protocol,
  );
  if (!session.hasVideo || !session.hasAudio || !lacksSound(media)) return media;
  const at = entries.indexOf(entry);
  if (at < 0) return withSilence(media, entry.durationMs);
  const sinceMs = await soundBeforeMs(session, entry, entries[at - 1]);
  return withSilence(media, durationMs(entries, at), sinceMs);
}

/** When the sound of the entry before ends, in ms after the entry's first timecode. */
async function soundBeforeMs(
  session: PlaybackSession,
  entry: PlaybackEntry,
  before: PlaybackEntry | undefined,
): Promise<number | undefined> {
  if (before === undefined || !isContinuous(before, entry.startMs)) return undefined;
  const { stream, settings } = session;
  const endMs = await recordOf(session, before)
    .then((record) => readFragmentMedia(stream.fragments, record, settings.protocol))
    .then(soundEndMs, () => undefined);
  return endMs === undefined ? undefined : before.mediaMs + endMs - entry.mediaMs;
}

/** The tracks of each format in the playlist; a fragment that has gone meanwhile is passed over. */
export async function tracksOf(session: PlaybackSession): Promise<Mp4Track[]> {
  const firsts = new Map<string, PlaybackEntry>();
  for (const entry of session.entries) {
    if (!firsts.has(entry.formatId)) firsts.set(entry.formatId, entry);
    if (firsts.size >= MAX_FORMATS) break;
  }
  const all = await Promise.allSettled(
    [...firsts.values()].map((entry) => mediaOf(session, entry)),
  );
  const [first] = all;
  const tracks = all.flatMap((one) => (one.status === 'fulfilled' ? one.value.tracks : []));
  if (tracks.length === 0 && first?.status === 'rejected') throw first.reason;
  return tracks;
}

/** Formats that are looked at for the codecs of a session. */
const MAX_FORMATS = 20;

/** A fragment that was sent again has a newer copy. */
async function recordOf(
  { stream }: PlaybackSession,
  { number }: PlaybackEntry,
): Promise<FragmentRecord> {
  const record = await stream.fragments.current(number);
  if (record === undefined) throw missing(`The fragment ${number} no longer exists.`);
  return record;
}

function trackOf({ tracks }: FragmentMedia, query: URLSearchParams): Mp4Track {
  const wanted = query.get('TrackNumber');
  const track = tracks.find(({ kind }) => String(TRACK_NUMBERS[kind]) === wanted);
  if (track !== undefined) return track;
  throw missing(`There is no track ${wanted?.slice(0, 32) ?? 'without a TrackNumber'}.`);
}

/** What a player asks for in vain. */
export function missing(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
