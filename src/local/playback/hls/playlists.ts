import type { Mp4Track } from '../fmp4/codec.ts';
import { TRACK_NUMBERS } from '../segments.ts';
import { bitsPerSecond, durationMs } from '../sessions/playback-entry.ts';
import type { PlaybackSession } from '../sessions/playback-session.ts';

/**
 * The master playlist (RFC 8216, 4.3.4): a playlist for each track, or one for all in MPEG-TS.
 * @param tracks of every format that the session has so far.
 */
export function masterPlaylist(session: PlaybackSession, tracks: readonly Mp4Track[]): string {
  const videos = tracks.filter((track) => track.kind === 'video');
  const audios = tracks.filter((track) => track.kind === 'audio');
  const [width, height] = [
    Math.max(...sizes(videos, 'width')),
    Math.max(...sizes(videos, 'height')),
  ];
  const bandwidth = bitsPerSecond(session.entries);
  const codecs = [...new Set([...videos, ...audios].map((track) => track.codec))].join(',');
  const isApart = videos.length > 0 && audios.length > 0 && !isTransportStream(session);
  const attributes = [
    `BANDWIDTH=${bandwidth}`,
    `CODECS="${codecs}"`,
    ...(width > 0 && height > 0 ? [`RESOLUTION=${width}x${height}`] : []),
    ...(isApart ? ['AUDIO="audio"'] : []),
  ];
  const audio = playlistUri(session, TRACK_NUMBERS.audio);
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${version(session)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(isApart
      ? [
          '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,' +
            `CHANNELS="${audios[0]?.audio?.channels ?? 2}",URI="${audio}"`,
        ]
      : []),
    `#EXT-X-STREAM-INF:${attributes.join(',')}`,
    videos.length > 0 ? playlistUri(session, TRACK_NUMBERS.video) : audio,
    '',
  ].join('\n');
}

function playlistUri({ token }: PlaybackSession, track: number): string {
  return `getHLSMediaPlaylist.m3u8?SessionToken=${token}&TrackNumber=${track}`;
}

/**
 * The media playlist (RFC 8216, 4.3.3) of a track as the session stands now.
 * @param track TrackNumber of the URLs; MPEG-TS has all tracks in one.
 */
export function mediaPlaylist(session: PlaybackSession, track: string): string {
  const { entries, settings } = session;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version(session)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${targetDuration(session)}`,
    `#EXT-X-MEDIA-SEQUENCE:${entries[0]?.sequence ?? 1}`,
  ];
  if (settings.mode === 'ON_DEMAND') lines.push('#EXT-X-PLAYLIST-TYPE:VOD');
  else if (settings.mode === 'GROWING') lines.push('#EXT-X-PLAYLIST-TYPE:EVENT');
  else lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${session.discontinuitiesGone}`);
  for (const i of entries.keys()) lines.push(...entryLines(session, i, track));
  if (session.isOver) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function entryLines(session: PlaybackSession, i: number, track: string): string[] {
  const { entries, settings, token } = session;
  const entry = entries[i];
  if (entry === undefined) return [];
  const lines: string[] = [];
  const inSession = `SessionToken=${token}`;
  const inTrack = `${inSession}&TrackNumber=${encodeURIComponent(track)}`;
  const isTs = isTransportStream(session);
  // The very first entry of a live playlist may be one: the one before it has left.
  if (entry.discontinuity && i > 0) lines.push('#EXT-X-DISCONTINUITY');
  if (!isTs && entry.formatId !== entries[i - 1]?.formatId) {
    const { number } = entry.formatSince;
    lines.push(`#EXT-X-MAP:URI="getMP4InitFragment.mp4?FragmentNumber=${number}&${inTrack}"`);
  }
  if (settings.displayTimestamps) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(entry.startMs).toISOString()}`);
  }
  lines.push(
    `#EXTINF:${(durationMs(entries, i) / 1000).toFixed(3)},`,
    isTs
      ? `getTSFragment.ts?FragmentNumber=${entry.number}&${inSession}`
      : `getMP4MediaFragment.mp4?FragmentNumber=${entry.number}&${inTrack}`,
  );
  return lines;
}

function isTransportStream({ settings }: PlaybackSession): boolean {
  return settings.container === 'MPEG_TS';
}

/** RFC 8216, 7: EXT-X-MAP needs 6, EXT-X-INDEPENDENT-SEGMENTS none of its own. */
function version(session: PlaybackSession): number {
  return isTransportStream(session) ? 3 : 7;
}

function sizes(tracks: readonly Mp4Track[], side: 'width' | 'height'): number[] {
  return [0, ...tracks.map((track) => track[side])];
}

/**
 * RFC 8216, 4.3.3.1 and 6.2.1: no segment, rounded to the nearest second, may be longer, and it must
 * not change: once a longer one is there, it stays.
 */
function targetDuration({ longestMs }: PlaybackSession): number {
  return Math.max(1, Math.round(longestMs / 1000));
}
