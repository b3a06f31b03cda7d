import type { ServerResponse } from 'node:http';
import { initSegmentOf, mediaOf, mediaSegmentOf, missing } from '../segments.ts';
import { sendMedia } from '../send-media.ts';
import type { PlaybackEntry } from '../sessions/playback-entry.ts';
import type { PlaybackSession } from '../sessions/playback-session.ts';
import type { PlaybackSessions } from '../sessions/playback-sessions.ts';
import { byFormat, type DashPeriod, manifest } from './manifest.ts';

const PREFIX = '/dash/v1/';

/** Where a session's player begins. */
export function manifestPath(session: PlaybackSession): string {
  return `${PREFIX}getDASHManifest.mpd?SessionToken=${session.token}`;
}

/** Whether a path belongs to DASH sessions, whose token is all they ask for. */
export function isDash(path: string): boolean {
  return path.startsWith(PREFIX);
}

/**
 * Answers what players fetch of a session; false when the path is none of it. Fragments go by their
 * sequence in the session.
 * @throws ServiceError for a session or a fragment that is not there.
 */
export async function serveDash(
  path: string,
  query: URLSearchParams,
  sessions: PlaybackSessions,
  response: ServerResponse,
): Promise<boolean> {
  if (!isDash(path)) return false;
  switch (path.slice(PREFIX.length)) {
    case 'getDASHManifest.mpd': {
      const session = await sessions.find(query.get('SessionToken'), 'DASH');
      const text = manifest(session, await periodsOf(session), sessions.nowMs());
      sendMedia(response, 'application/dash+xml', [Buffer.from(text)]);
      return true;
    }
    case 'getMP4InitFragment.mp4': {
      const session = await sessions.find(query.get('SessionToken'), 'DASH');
      const entry = entryOf(session, query, ({ formatSince }) => formatSince.sequence);
      const segment = await initSegmentOf(session, entry, query);
      sendMedia(response, 'video/mp4', [segment]);
      return true;
    }
    case 'getMP4MediaFragment.mp4': {
      const session = await sessions.find(query.get('SessionToken'), 'DASH');
      const segment = await mediaSegmentOf(session, entryOf(session, query), query);
      sendMedia(response, 'video/mp4', segment);
      return true;
    }
    default:
      return false;
  }
}

/** A fragment that has gone meanwhile says nothing of its format, and the next one is asked. */
async function periodsOf(session: PlaybackSession): Promise<DashPeriod[]> {
  const periods: DashPeriod[] = [];
  for (const entries of byFormat(session.entries)) {
    const tracks = await firstTracks(session, entries);
    if (tracks !== undefined) periods.push({ entries, tracks });
  }
  if (periods.length === 0) throw missing('The stream has no fragments.');
  return periods;
}

async function firstTracks(
  session: PlaybackSession,
  entries: readonly PlaybackEntry[],
): Promise<DashPeriod['tracks'] | undefined> {
  for (const entry of entries) {
    const media = await mediaOf(session, entry).catch(() => undefined);
    if (media !== undefined) return media.tracks;
  }
  return undefined;
}

function entryOf(
  session: PlaybackSession,
  query: URLSearchParams,
  sequenceOf = ({ sequence }: PlaybackEntry): number => sequence,
): PlaybackEntry {
  const wanted = Number(query.get('FragmentNumber') ?? '');
  const entry = session.find((one) => sequenceOf(one) === wanted);
  if (entry !== undefined) return entry;
  throw missing(
    `There is no fragment ${query.get('FragmentNumber')?.slice(0, 128) ?? 'without a FragmentNumber'}.`,
  );
}
