import type { ServerResponse } from 'node:http';
import type { ServiceError } from '../../errors/service-error.ts';
import { tsSegment } from '../mpegts/ts-segment.ts';
import {
  initSegmentOf,
  mediaOf,
  mediaSegmentOf,
  missing,
  onSessionTime,
  tracksOf,
} from '../segments.ts';
import { sendMedia } from '../send-media.ts';
import type { PlaybackEntry } from '../sessions/playback-entry.ts';
import type { PlaybackSession } from '../sessions/playback-session.ts';
import type { PlaybackSessions } from '../sessions/playback-sessions.ts';
import { masterPlaylist, mediaPlaylist } from './playlists.ts';

const PREFIX = '/hls/v1/';

/** Where a session's player begins. */
export function masterPlaylistPath(session: PlaybackSession): string {
  return `${PREFIX}getHLSMasterPlaylist.m3u8?SessionToken=${session.token}`;
}

/** Whether a path belongs to HLS sessions, whose token is all they ask for. */
export function isHls(path: string): boolean {
  return path.startsWith(PREFIX);
}

/**
 * Answers what players fetch of a session; false when the path is none of it. The session token in
 * the query is the authorisation, as it is with KVS.
 * @throws ServiceError for a session or a fragment that is not there.
 */
export async function serveHls(
  path: string,
  query: URLSearchParams,
  sessions: PlaybackSessions,
  response: ServerResponse,
): Promise<boolean> {
  const answer = isHls(path) ? ANSWERS.get(path.slice(PREFIX.length)) : undefined;
  if (answer === undefined) return false;
  const session = await sessions.find(query.get('SessionToken'), 'HLS');
  const [type, parts] = await answer(session, query);
  sendMedia(response, type, parts);
  return true;
}

/** Content type and content of an answer. */
type Answer = readonly [type: string, parts: readonly Uint8Array[]];

const ANSWERS: ReadonlyMap<
  string,
  (session: PlaybackSession, query: URLSearchParams) => Promise<Answer>
> = new Map([
  ['getHLSMasterPlaylist.m3u8', master],
  ['getHLSMediaPlaylist.m3u8', playlist],
  ['getMP4InitFragment.mp4', init],
  ['getMP4MediaFragment.mp4', media],
  ['getTSFragment.ts', transportStream],
]);

const PLAYLIST = 'application/vnd.apple.mpegurl';

async function master(session: PlaybackSession): Promise<Answer> {
  if (session.entries.length === 0) throw missing('The stream has no fragments.');
  return [PLAYLIST, [Buffer.from(masterPlaylist(session, await tracksOf(session)))]];
}

async function playlist(session: PlaybackSession, query: URLSearchParams): Promise<Answer> {
  return [PLAYLIST, [Buffer.from(mediaPlaylist(session, query.get('TrackNumber') ?? '1'))]];
}

async function init(session: PlaybackSession, query: URLSearchParams): Promise<Answer> {
  const number = query.get('FragmentNumber');
  const entry = session.find(({ formatSince }) => formatSince.number === number);
  if (entry === undefined) throw missingFragment(number);
  return ['video/mp4', [await initSegmentOf(session, entry, query)]];
}

async function media(session: PlaybackSession, query: URLSearchParams): Promise<Answer> {
  return ['video/mp4', await mediaSegmentOf(session, entryOf(session, query), query)];
}

async function transportStream(session: PlaybackSession, query: URLSearchParams): Promise<Answer> {
  const entry = entryOf(session, query);
  const { tracks, timescale, runs } = await mediaOf(session, entry);
  const placed = onSessionTime(entry, { tracks, timescale, runs });
  return ['video/mp2t', [tsSegment(tracks, placed, timescale)]];
}

/** Players ask for fragments that have just left the playlist, too. */
function entryOf(session: PlaybackSession, query: URLSearchParams): PlaybackEntry {
  const number = query.get('FragmentNumber');
  const entry = session.find((one) => one.number === number);
  if (entry === undefined) throw missingFragment(number);
  return entry;
}

function missingFragment(number: string | null): ServiceError {
  return missing(`There is no fragment ${number?.slice(0, 128) ?? 'without a FragmentNumber'}.`);
}
