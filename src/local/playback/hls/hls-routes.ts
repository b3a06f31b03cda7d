import type { ServerResponse } from 'node:http';
import { ServiceError } from '../../errors/service-error.ts';
import type { FragmentRecord } from '../../fragments/fragment-record.ts';
import { startOf } from '../../fragments/timestamp-origin.ts';
import type { Mp4Track } from '../fmp4/codec.ts';
import { initSegment } from '../fmp4/init-segment.ts';
import { mediaSegment } from '../fmp4/media-segment.ts';
import { type FragmentMedia, readFragmentMedia, shifted } from '../fragment-media.ts';
import { withSilence } from '../silence.ts';
import type { HlsEntry, HlsSession } from './hls-session.ts';
import type { HlsSessions } from './hls-sessions.ts';
import { durationMs, masterPlaylist, mediaPlaylist } from './playlists.ts';

const PREFIX = '/hls/v1/';

/** Where a session's player begins. */
export function masterPlaylistPath(session: HlsSession): string {
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
  sessions: HlsSessions,
  response: ServerResponse,
): Promise<boolean> {
  if (!isHls(path)) return false;
  const what = path.slice(PREFIX.length);
  if (!KNOWN.has(what)) return false;
  const session = sessions.find(query.get('SessionToken'));
  switch (what) {
    case 'getHLSMasterPlaylist.m3u8': {
      await session.refresh();
      if (session.entries.length === 0) throw missing('The stream has no fragments.');
      const tracks = await tracksOf(session);
      send(response, PLAYLIST, [Buffer.from(masterPlaylist(session, tracks))]);
      break;
    }
    case 'getHLSMediaPlaylist.m3u8':
      await session.refresh();
      send(response, PLAYLIST, [Buffer.from(mediaPlaylist(session))]);
      break;
    case 'getMP4InitFragment.mp4': {
      const media = await mediaOf(session, await entryOf(session, query));
      send(response, 'video/mp4', [initSegment(media.tracks, media.timescale)]);
      break;
    }
    default: {
      const entry = await entryOf(session, query);
      send(response, 'video/mp4', segmentOf(session, entry, await mediaOf(session, entry)));
    }
  }
  return true;
}

const PLAYLIST = 'application/vnd.apple.mpegurl';
const KNOWN = new Set([
  'getHLSMasterPlaylist.m3u8',
  'getHLSMediaPlaylist.m3u8',
  'getMP4InitFragment.mp4',
  'getMP4MediaFragment.mp4',
]);

function segmentOf(session: HlsSession, entry: HlsEntry, media: FragmentMedia): Buffer[] {
  const { timescale } = media;
  const startUnits = Math.round(
    ((entry.mediaMs - session.baseMs + HEAD_START_MS) * timescale) / 1000,
  );
  return mediaSegment(entry.sequence, shifted(media.runs, startUnits));
}

/** Decode times lie before presentation times, and neither may be negative. */
const HEAD_START_MS = 2_000;

/** Players ask for fragments that have just left the playlist, too. */
async function entryOf(session: HlsSession, query: URLSearchParams): Promise<HlsEntry> {
  const number = query.get('FragmentNumber') ?? '';
  const listed = session.entries.find((entry) => entry.number === number);
  if (listed !== undefined) return listed;
  const record = /^\d{1,128}$/.test(number)
    ? await session.stream.fragments.get(number)
    : undefined;
  if (record === undefined) throw missing(`There is no fragment ${number.slice(0, 128)}.`);
  const startMs = startOf(record, session.settings.origin);
  return {
    number,
    sequence: 0,
    startMs,
    mediaMs: startMs,
    durationMs: record.durationMs,
    bytes: record.bytes,
    formatId: record.formatId,
    discontinuity: false,
  };
}

/** A fragment that was sent again has a newer copy. */
async function recordOf(session: HlsSession, { number }: HlsEntry): Promise<FragmentRecord> {
  const record = await session.stream.fragments.current(number);
  if (record === undefined) throw missing(`The fragment ${number} no longer exists.`);
  return record;
}

async function mediaOf(session: HlsSession, entry: HlsEntry): Promise<FragmentMedia> {
  const media = await readFragmentMedia(session.stream.fragments, await recordOf(session, entry));
  if (!session.hasBoth) return media;
  const at = session.entries.indexOf(entry);
  return withSilence(media, at < 0 ? entry.durationMs : durationMs(session.entries, at));
}

/** The tracks of each format in the playlist; a fragment that has gone meanwhile is passed over. */
async function tracksOf(session: HlsSession): Promise<Mp4Track[]> {
  const firsts = new Map<string, HlsEntry>();
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

/** Formats that are looked at for the CODECS of a session. */
const MAX_FORMATS = 20;

function send(response: ServerResponse, type: string, parts: readonly Uint8Array[]): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': parts.reduce((sum, part) => sum + part.length, 0),
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  });
  for (const part of parts) response.write(part);
  response.end();
}

function missing(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
